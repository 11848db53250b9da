"""Import of a bucket: list, pair, fetch labels, parse, batch, post. One bounded pipeline, constant memory."""

from tensorbay.importing._formats import LABEL_FORMATS, LabelParser
from tensorbay.importing._masks import MASK_NAMES, local_masks, upload_masks
from tensorbay.importing._pair import Pair, PairJoin, stem
from tensorbay.importing._progress import ImportEvent, ImportProgress, progress_bar, upload_bar
from tensorbay.importing._report import ImportFailure, ImportReport
from tensorbay.importing._run import ImportPort, run_import
from tensorbay.importing._spec import ImportSpec
from tensorbay.importing._targets import UploadTarget
from tensorbay.importing._upload import UploadItem, UploadPort, upload_items

__all__ = [
    "LABEL_FORMATS",
    "MASK_NAMES",
    "ImportEvent",
    "ImportFailure",
    "ImportPort",
    "ImportProgress",
    "ImportReport",
    "ImportSpec",
    "LabelParser",
    "Pair",
    "PairJoin",
    "UploadItem",
    "UploadPort",
    "UploadTarget",
    "local_masks",
    "progress_bar",
    "run_import",
    "stem",
    "upload_bar",
    "upload_items",
    "upload_masks",
]
