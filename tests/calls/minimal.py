"""The smallest valid input of an operation, from botocore's model: its required members, and names of things that are
there where the operation is about something (`known`)."""
import re

DOCUMENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
SAMPLES = {
    "timestamp": 1700000000, "boolean": False, "double": 1.0, "float": 1.0, "blob": b"x",
}


class Minimal:
    def __init__(self, known, more=None):
        """known: member -> value, for every service or as "service.member"; more: "service.Operation" -> members that
        the model does not require but AWS does."""
        self.known, self.more = known, more or {}

    def input(self, service, om):
        if om.input_shape is None:
            return {}
        given = self.value(service, om.input_shape, "", ())
        return {**given, **self.more.get(f"{service}.{om.name}", {})}

    def value(self, service, shape, name, above):
        for key in (f"{service}.{name}", name):
            if key in self.known:
                return self.known[key]
        if shape.type_name == "structure":
            return self.structure(service, shape, above)
        if shape.type_name == "list":
            n = max(1, int(shape.metadata.get("min", 1)))
            return [self.value(service, shape.member, shape.member.name, above) for _ in range(n)]
        if shape.type_name == "map":
            key = self.value(service, shape.key, shape.key.name, above)
            return {key: self.value(service, shape.value, shape.value.name, above)}
        if shape.type_name in ("integer", "long"):
            return int(shape.metadata.get("min", 1))
        return SAMPLES[shape.type_name] if shape.type_name != "string" else self.text(shape)

    def structure(self, service, shape, above):
        if getattr(shape, "is_tagged_union", False):
            names = list(shape.members)[:1]
        else:
            names = shape.required_members
        return {n: self.value(service, shape.members[n], n, above + (shape.name,)) for n in names
                if shape.name not in above}

    @staticmethod
    def text(shape):
        if shape.enum:
            return shape.enum[0]
        least = int(shape.metadata.get("min", 1))
        pattern = shape.metadata.get("pattern", "")
        if re.match(r"\^?arn", pattern):
            return "arn:aws:service:us-east-1:123456789012:thing/x"
        return ("1" if re.match(r"\^?(\\d|\[0-9\])", pattern) else "x") * max(1, least)
