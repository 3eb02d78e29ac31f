"""A user, a group and a role of the same test: what may hold policies, by which operations."""
from identities import name, trust


class Kind:
    """kind("iam").put(...) is put_user_policy(UserName=...) and so on."""

    def __init__(self, title):
        self.title, self.noun, self.member = title, title.lower(), f"{title}Name"

    def make(self, iam, **more):
        n = name(self.noun)
        if self.title == "Role":
            more["AssumeRolePolicyDocument"] = trust()
        getattr(iam, f"create_{self.noun}")(**{self.member: n}, **more)
        return n

    def call(self, iam, operation, who, **args):
        """operation has the noun's place as {}: "put_{}_policy"."""
        return getattr(iam, operation.format(self.noun))(**{self.member: who}, **args)

    def __repr__(self):
        return self.noun


KINDS = [Kind("User"), Kind("Group"), Kind("Role")]
