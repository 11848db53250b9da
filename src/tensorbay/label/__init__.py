"""Labels, and the catalogs that say what labels may be."""

from tensorbay.label.attributes import AttributeInfo, Items
from tensorbay.label.catalog import Catalog
from tensorbay.label.label import Label
from tensorbay.label.label_box import Box2DSubcatalog, LabeledBox2D
from tensorbay.label.label_classification import Classification, ClassificationSubcatalog
from tensorbay.label.supports import CategoryInfo, MaskCategoryInfo

__all__ = [
    "AttributeInfo",
    "Box2DSubcatalog",
    "Catalog",
    "CategoryInfo",
    "Classification",
    "ClassificationSubcatalog",
    "Items",
    "Label",
    "LabeledBox2D",
    "MaskCategoryInfo",
]
