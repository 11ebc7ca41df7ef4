"""The protobuf library reading Sparkplug B, from a descriptor written here after the public field numbers: the oracle of our decoder."""

from __future__ import annotations

from typing import Any

from google.protobuf import (  # type: ignore[import-untyped]  # the library ships no types
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)

_KINDS = {"u32": "TYPE_UINT32", "u64": "TYPE_UINT64", "f": "TYPE_FLOAT", "d": "TYPE_DOUBLE", "b": "TYPE_BOOL", "s": "TYPE_STRING", "y": "TYPE_BYTES"}

# Each message: its fields as (name, number, kind); a kind with * is repeated; kinds that are no scalar name a message.
_MESSAGES: dict[str, list[tuple[str, int, str]]] = {
    "Empty": [],
    "PropertyValue": [("type", 1, "u32"), ("is_null", 2, "b"), ("v_int", 3, "u32"), ("v_long", 4, "u64"), ("v_float", 5, "f"), ("v_double", 6, "d"),
                      ("v_bool", 7, "b"), ("v_text", 8, "s"), ("v_set", 9, "PropertySet"), ("v_sets", 10, "PropertySetList"), ("v_extension", 11, "Empty")],
    "PropertySet": [("keys", 1, "s*"), ("values", 2, "PropertyValue*")],
    "PropertySetList": [("sets", 1, "PropertySet*")],
    "MetaData": [("multi", 1, "b"), ("content", 2, "s"), ("size", 3, "u64"), ("seq", 4, "u64"), ("file_name", 5, "s"), ("file_type", 6, "s"),
                 ("md5", 7, "s"), ("description", 8, "s")],
    "Cell": [("v_int", 1, "u32"), ("v_long", 2, "u64"), ("v_float", 3, "f"), ("v_double", 4, "d"), ("v_bool", 5, "b"), ("v_text", 6, "s"),
             ("v_extension", 7, "Empty")],
    "Row": [("cells", 1, "Cell*")],
    "DataSet": [("many", 1, "u64"), ("columns", 2, "s*"), ("types", 3, "u32*"), ("rows", 4, "Row*")],
    "Parameter": [("name", 1, "s"), ("type", 2, "u32"), ("v_int", 3, "u32"), ("v_long", 4, "u64"), ("v_float", 5, "f"), ("v_double", 6, "d"),
                  ("v_bool", 7, "b"), ("v_text", 8, "s"), ("v_extension", 9, "Empty")],
    "Template": [("version", 1, "s"), ("metrics", 2, "Metric*"), ("parameters", 3, "Parameter*"), ("ref", 4, "s"), ("definition", 5, "b")],
    "Metric": [("name", 1, "s"), ("alias", 2, "u64"), ("timestamp", 3, "u64"), ("datatype", 4, "u32"), ("is_historical", 5, "b"),
               ("is_transient", 6, "b"), ("is_null", 7, "b"), ("metadata", 8, "MetaData"), ("properties", 9, "PropertySet"), ("v_int", 10, "u32"),
               ("v_long", 11, "u64"), ("v_float", 12, "f"), ("v_double", 13, "d"), ("v_bool", 14, "b"), ("v_text", 15, "s"), ("v_bytes", 16, "y"),
               ("v_dataset", 17, "DataSet"), ("v_template", 18, "Template"), ("v_extension", 19, "Empty")],
    "Payload": [("timestamp", 1, "u64"), ("metrics", 2, "Metric*"), ("seq", 3, "u64"), ("uuid", 4, "s"), ("body", 5, "y")],
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="reference_sparkplug.proto", package="reference", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if any(field.startswith("v_") for field, _, _ in fields):
            message.oneof_decl.add(name="value")
        for field, number, kind in fields:
            bare = kind.rstrip("*")
            made = message.field.add(name=field, number=number, label="LABEL_REPEATED" if kind.endswith("*") else "LABEL_OPTIONAL",
                                     type=_KINDS.get(bare, "TYPE_MESSAGE"))
            if bare not in _KINDS:
                made.type_name = f".reference.{bare}"
            if field.startswith("v_"):
                made.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"reference.{name}")) for name in _MESSAGES}


CLASSES = _classes()
Payload = CLASSES["Payload"]
