from audience.models.consent import Block, Budget, Consent
from audience.models.cubes import NoisedCell, SavedAudience, Snapshot
from audience.models.devices import DeviceModel, DeviceTier, TierCut
from audience.models.imports import ImportBatch, ImportReject, ImportRun
from audience.models.people import Person, PersonIdRange, PersonKey, bucket_of, bucket_sql
from audience.models.rules import Category, Filter, FilterRule
from audience.models.topics import MutedTopic, Topic

__all__ = [
    "Block",
    "Budget",
    "Category",
    "Consent",
    "DeviceModel",
    "DeviceTier",
    "Filter",
    "FilterRule",
    "ImportBatch",
    "ImportReject",
    "ImportRun",
    "MutedTopic",
    "NoisedCell",
    "Person",
    "PersonIdRange",
    "PersonKey",
    "SavedAudience",
    "Snapshot",
    "TierCut",
    "Topic",
    "bucket_of",
    "bucket_sql",
]
