"""All models, in an order in which their tables could be made. The schema and its tests go through them."""

from avio.db.metric_models import CountedJob, Total, UncountedJob
from avio.db.models import (
    Aggregator,
    Artifact,
    Attempt,
    FailedFile,
    FairOrder,
    FileList,
    FileListChunk,
    Job,
    Node,
    NodeEpoch,
    SchemaVersion,
    Token,
    User,
    UserGroup,
    UserTurn,
)
from avio.db.order_models import Delivery, JobTiming, Keep, Predecessor, Schedule, TierMap, Webhook
from avio.db.tier_models import TierId

MODELS = (
    *(SchemaVersion, UserGroup, User, UserTurn, Token, Node, NodeEpoch, Aggregator, FairOrder, TierId),
    *(FileList, FileListChunk),
    *(Job, Predecessor, Schedule, Attempt, FailedFile, Artifact, JobTiming, Webhook, Delivery, Keep, TierMap),
    *(Total, CountedJob, UncountedJob),
)
