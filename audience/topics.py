"""What an advert is about: its sender's trade, and what its campaign says of itself."""

from audience.models import Category, Topic
from profiles.models import Profile

Trade = Profile.Vertical

OF_TRADE = {
    Trade.OTHER: Topic.OTHER,
    Trade.AUTO: Topic.CARS,
    Trade.BEAUTY: Topic.BEAUTY,
    Trade.APPAREL: Topic.SHOPPING,
    Trade.EDU: Topic.EDUCATION,
    Trade.ENTERTAIN: Topic.EVENTS,
    Trade.EVENT_PLAN: Topic.EVENTS,
    Trade.FINANCE: Topic.MONEY,
    Trade.GROCERY: Topic.FOOD,
    Trade.GOVT: Topic.PUBLIC,
    Trade.HOTEL: Topic.TRAVEL,
    Trade.HEALTH: Topic.HEALTH,
    Trade.NONPROFIT: Topic.CAUSES,
    Trade.PROF_SERVICES: Topic.SERVICES,
    Trade.RETAIL: Topic.SHOPPING,
    Trade.TRAVEL: Topic.TRAVEL,
    Trade.RESTAURANT: Topic.FOOD,
}
OF_CATEGORY = {
    Category.CREDIT: Topic.LOANS,
    Category.INSURANCE: Topic.INSURANCE,
    Category.EMPLOYMENT: Topic.JOBS,
    Category.HOUSING: Topic.HOUSING,
    Category.HEALTH: Topic.HEALTH,
    Category.POLITICS: Topic.POLITICS,
}


def topics_of(trade: str, category: str = "") -> list[Topic]:
    """The topics of an advert, the nearest first; who muted any of them does not get it.

    Arguments:
        trade: the sender's, a value of Profile.Vertical.
        category: what its campaign says it is about, a value of Category; empty: it says nothing.
    """
    found = [OF_TRADE[Trade(trade)]]
    if category in OF_CATEGORY:
        about = OF_CATEGORY[Category(category)]
        # Of a sender without a trade only what it says is known.
        found = [about] if found == [Topic.OTHER] else [about, *found]
    return list(dict.fromkeys(found))
