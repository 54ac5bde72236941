"""Writes confluent.json: what Confluent's serializers for Python make of values.

    python -m venv venv
    venv/bin/pip install 'confluent-kafka[schemaregistry,avro,protobuf,json]==2.16.1' grpcio-tools
    venv/bin/python -m grpc_tools.protoc -I. --python_out=venv customer.proto order.proto
    PYTHONPATH=venv venv/bin/python generate.py

Each case has the schemas of its registry (by subject, with references) and the bytes.
"""
import base64
import datetime
import decimal
import json
import uuid

import customer_pb2
import order_pb2
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import timestamp_pb2

UTC = datetime.timezone.utc
cases = []


def registry():
    return SchemaRegistryClient.new_client({"url": "mock://"})


def add(name, kind, data, schemas, subject):
    cases.append({"name": name, "type": kind, "subject": subject, "schemas": schemas,
                  "data": base64.b64encode(data).decode()})


def avro(name, schema, value, references=()):
    client = registry()
    schemas = []
    refs = []
    for ref_name, text in references:
        i = client.register_schema(ref_name, Schema(text, "AVRO", list(refs)))
        schemas.append({"id": i, "subject": ref_name, "text": text, "references": [{"name": r.name, "subject": r.subject, "version": 1} for r in refs]})
        refs.append(SchemaReference(ref_name, ref_name, 1))
    serializer = AvroSerializer(client, Schema(schema, "AVRO", refs) if refs else schema)
    data = serializer(value, SerializationContext("orders", MessageField.VALUE))
    schemas.append({"id": int.from_bytes(data[1:5], "big"), "subject": "orders-value", "text": schema,
                    "references": [{"name": r.name, "subject": r.subject, "version": 1} for r in refs]})
    add(name, "AVRO", data, schemas, "orders-value")


def record(*fields):
    return json.dumps({"type": "record", "name": "Order", "namespace": "shop",
                       "fields": [{"name": n, "type": t, **(x[0] if x else {})} for n, t, *x in fields]})


avro("primitives", record(("b", "boolean"), ("i", "int"), ("l", "long"), ("f", "float"), ("d", "double"), ("s", "string"), ("y", "bytes"), ("n", "null")),
     {"b": True, "i": -2147483648, "l": 9223372036854775807, "f": 0.1, "d": 0.1, "s": "é\U0001f600", "y": b"\x00\xff", "n": None})
avro("complex", record(
    ("e", {"type": "enum", "name": "Color", "symbols": ["RED", "BLUE"]}), ("a", {"type": "array", "items": "long"}),
    ("m", {"type": "map", "values": {"type": "array", "items": "string"}}), ("x", {"type": "fixed", "name": "Four", "size": 4}),
    ("u", ["null", "string", "long"]), ("v", ["null", "string", "long"]), ("w", ["null", "string", "long"]),
    ("next", ["null", "Order"])),
    {"e": "BLUE", "a": [1, -1, 2**53 + 1], "m": {"k": ["x", "y"]}, "x": b"abcd", "u": None, "v": "text", "w": 7,
     "next": {"e": "RED", "a": [], "m": {}, "x": b"\x00\x01\x02\x03", "u": None, "v": None, "w": None, "next": None}})
avro("logical", record(
    ("dec", {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}),
    ("fix", {"type": "fixed", "name": "Money", "size": 8, "logicalType": "decimal", "precision": 18, "scale": 4}),
    ("day", {"type": "int", "logicalType": "date"}), ("tms", {"type": "int", "logicalType": "time-millis"}),
    ("tus", {"type": "long", "logicalType": "time-micros"}), ("at", {"type": "long", "logicalType": "timestamp-millis"}),
    ("atus", {"type": "long", "logicalType": "timestamp-micros"}), ("local", {"type": "long", "logicalType": "local-timestamp-micros"}),
    ("id", {"type": "string", "logicalType": "uuid"}), ("opt", ["null", {"type": "long", "logicalType": "timestamp-millis"}])),
    {"dec": decimal.Decimal("-12.30"), "fix": decimal.Decimal("1234.5678"), "day": datetime.date(2024, 4, 30),
     "tms": datetime.time(13, 5, 0, 250000), "tus": datetime.time(13, 5, 0, 250001),
     "at": datetime.datetime(2024, 4, 30, 13, 5, 0, 250000, UTC), "atus": datetime.datetime(2024, 4, 30, 13, 5, 0, 250001, UTC),
     "local": datetime.datetime(2024, 4, 30, 13, 5, 0, 250001), "id": uuid.UUID("2c1f6c4e-8a51-4c5e-9a3f-000000000001"),
     "opt": datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)})
avro("references", record(("customer", "shop.Customer"), ("home", ["null", "shop.Country"])),
     {"customer": {"name": "x", "country": "A"}, "home": "B"},
     [("shop.Country", json.dumps({"type": "enum", "name": "Country", "namespace": "shop", "symbols": ["A", "B"]})),
      ("shop.Customer", json.dumps({"type": "record", "name": "Customer", "namespace": "shop",
                                    "fields": [{"name": "name", "type": "string"}, {"name": "country", "type": "Country"}]}))])
avro("a string alone", '"string"', "key-7")
avro("a long alone", '"long"', 2**53 + 1)
avro("defaults", record(("a", "int", {"default": 7}), ("b", ["null", "string"], {"default": None})), {})


def customer(name):
    c = customer_pb2.Customer(name=name, country=customer_pb2.COUNTRY_A)
    a = c.addresses.add(street="s")
    a.location.lat = 1.5
    return c


def proto(name, message):
    client = registry()
    cls = type(message)
    serializer = ProtobufSerializer(cls, client, {"use.deprecated.format": False})
    data = serializer(message, SerializationContext("orders", MessageField.VALUE))
    order = message.DESCRIPTOR.file.name == "order.proto"
    files = {"order.proto": open("order.proto").read(), "customer.proto": open("customer.proto").read()}
    top = int.from_bytes(data[1:5], "big")
    schemas = []
    if order:
        schemas.append({"id": top + 100, "subject": "customer.proto", "text": files["customer.proto"]})
        schemas.append({"id": top, "subject": "orders-value", "text": files["order.proto"],
                        "references": [{"name": "customer.proto", "subject": "customer.proto", "version": 1}]})
    else:
        schemas.append({"id": top, "subject": "orders-value", "text": files["customer.proto"]})
    add(name, "PROTOBUF", data, schemas, "orders-value")


o = order_pb2.Order(id=-(2**53) - 1, serial=2**64 - 1, delta=-3, mark=2**63, rate=0.1, total=float("inf"), paid=True, data=b"\x00\xff",
                    customer=customer("x"), counts=[1, -2], stock={"a": 2**53 + 1}, card="visa", nickname="", countries=[1, 0, 7])
o.by_number[7].CopyFrom(customer("seven"))
o.placed_at.FromDatetime(datetime.datetime(2024, 4, 30, 13, 5, 0, 250001))
o.took.FromTimedelta(datetime.timedelta(seconds=3, milliseconds=4))
o.note.value = "n"
o.extra.update({"k": [1, "x", None, {"y": True}]})
o.lines.add(sku="s", count=2)
proto("order", o)
proto("order, empty", order_pb2.Order())
proto("second message", order_pb2.Header(trace="t"))
proto("the other message is not the first", order_pb2.Order(id=1))
proto("nested message", order_pb2.Order.Line(sku="s", count=2))
proto("message nested twice", customer_pb2.Customer.Address.Location(lat=1.5, lon=-2))
proto("first message", customer("x"))


def json_schema(name, schema, value):
    client = registry()
    data = JSONSerializer(json.dumps(schema), client)(value, SerializationContext("orders", MessageField.VALUE))
    add(name, "JSON", data, [{"id": int.from_bytes(data[1:5], "big"), "subject": "orders-value", "text": json.dumps(schema)}], "orders-value")


json_schema("object", {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object",
                       "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}, "required": ["id"]},
            {"id": 2**53 + 1, "note": "é", "list": [1.5, None]})

with open("confluent.json", "w") as f:
    json.dump(cases, f, indent=1, ensure_ascii=False)
    f.write("\n")
