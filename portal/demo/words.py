"""What people and businesses of the demo say; the person's line comes first, then in turn."""

TALKS = {
    "banco_ipe": [
        (
            "Good morning! Which papers do I need for a joint account?",
            "Good morning! Both identity cards and one proof of address are enough.",
            "Perfect, thank you.",
        ),
        (
            "My card was declined at the supermarket.",
            "The chip could not be read. It works again now; please try once more.",
            "It worked!",
        ),
        (
            "Did my transfer go through?",
            "Yes, it arrived at 9:02. The receipt is in your app.",
            "That was quick.",
        ),
        (
            "Is the branch on Rua Augusta open on Saturday?",
            "Yes, from 10 to 14.",
        ),
        (
            "I got a message that asks for my password. Is it from you?",
            "No. We never ask for it. Please report that sender, and do not answer it.",
            "Done, thank you for the quick answer.",
        ),
        (
            "How do I raise my limit for tonight?",
            "In the app: Card, Limits, Tonight. It goes back by itself tomorrow.",
        ),
    ],
    "ceu_airlines": [
        (
            "Where is flight 212?",
            "It landed in Recife at 14:05 and leaves again at 14:50, gate 7.",
            "Thanks!",
        ),
        (
            "Can I take a guitar on board?",
            "Yes, as your one piece of hand luggage, up to 115 cm.",
        ),
        (
            "Our flight is late. Will we reach the connection to Manaus?",
            "Yes, it waits for you. Please go straight to gate 12.",
            "We are running!",
            "You made it. Have a good flight.",
        ),
        (
            "I need to change a name on a booking.",
            "Two letters can be changed at no cost. What should it say?",
            "Mariana, not Marina.",
            "Done. The new ticket is in your mail.",
        ),
    ],
    "kite_deals": [
        ("Is the offer for the earphones still on?", "Yes, until midnight."),
        ("Where is my order?", "It left our store yesterday.", "It has not come yet."),
        ("Please stop these adverts.", "You can stop them in the chat, with two taps."),
    ],
}
