"""Who somebody is: JSON Web Tokens, HS256."""

from pathlib import Path

import jwt


class Keys:
    """The secrets of a file, a line each; all of them are accepted."""

    def __init__(self, file: Path | None) -> None:
        self._secrets = file.read_bytes().split() if file else []

    def user(self, token: str | None) -> str:
        """The user, or a ValueError in words. Without keys, everybody is who they say."""
        if not self._secrets:
            return "anybody"
        if token is None:
            raise ValueError("the token is missing")
        for secret in self._secrets:
            try:
                return jwt.decode(token, secret, algorithms=["HS256"])["sub"]
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError as error:
                raise ValueError(str(error)) from error
        raise ValueError("no key that is known has signed it")
