"""Authlib as a client of Countersign: discovery, token, verification, introspection, revocation.

Usage: authlib_client.py ISSUER CLIENT_ID CLIENT_SECRET

It needs Authlib, requests and joserfc, and ends with exit code 0 when everything is as it should be.
"""

import base64
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

# the deployment under test listens on loopback without TLS, as behind a TLS terminator
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet

issuer, client_id, client_secret = sys.argv[1:]


def discover():
    """Both documents are valid metadata and the same."""
    documents = [
        requests.get(get_well_known_url(issuer, external=True)).json(),
        requests.get(issuer + "/.well-known/openid-configuration").json(),
    ]
    assert documents[0] == documents[1], documents
    assert documents[0]["issuer"] == issuer, documents[0]
    metadata = AuthorizationServerMetadata(documents[0])
    for check in ["token_endpoint_auth_methods_supported", "grant_types_supported"]:
        getattr(metadata, "validate_" + check)()
    return metadata


def verify(access_token, metadata):
    """The token is one of RFC 9068, signed with a published key, good now."""
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"]).json())
    token = jwt.decode(access_token, keys, algorithms=["RS256", "ES256", "EdDSA"])
    assert token.header["typ"] == "at+jwt", token.header
    assert token.header["kid"] in [key.kid for key in keys], token.header
    claims = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": "https://banking.example"},
        sub={"essential": True, "value": client_id},
        client_id={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        jti={"essential": True},
        scope={"essential": True},
    )
    claims.validate(token.claims)
    return token.claims


def use(method, metadata):
    """The whole life of a token, with one way of client authentication."""
    session = OAuth2Session(
        client_id, client_secret, token_endpoint_auth_method=method, revocation_endpoint_auth_method=method
    )
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="banking/read")
    assert token["token_type"] == "Bearer", token
    assert token["scope"] == "banking/read", token
    assert 0 < token["expires_in"] <= 3600, token
    claims = verify(token["access_token"], metadata)

    caller = session.get(issuer + "/demo/whoami")
    assert caller.status_code == 200, caller.text
    assert caller.json()["client_id"] == client_id, caller.text

    def introspect():
        return session.introspect_token(
            metadata["introspection_endpoint"], token=token["access_token"], token_type_hint="access_token"
        ).json()

    said = introspect()
    assert said.pop("active") is True, said
    assert said.pop("token_type") == "Bearer", said
    assert said == claims, (said, claims)

    revoked = session.revoke_token(
        metadata["revocation_endpoint"], token=token["access_token"], token_type_hint="access_token"
    )
    assert revoked.status_code == 200, revoked.text
    assert introspect() == {"active": False}

    try:
        session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="nothing")
    except OAuthError as error:
        assert error.error == "invalid_scope", error
    else:
        raise AssertionError("a scope that was not granted was given")


def refuse_a_wrong_secret(metadata):
    """A refusal is one that the library understands."""
    for method in ["client_secret_basic", "client_secret_post"]:
        session = OAuth2Session(client_id, "wrong", token_endpoint_auth_method=method)
        try:
            session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        except OAuthError as error:
            assert error.error == "invalid_client", error
        else:
            raise AssertionError("a wrong secret got a token")


def escape_everything(metadata):
    """A client that form-encodes every character but letters and digits, as RFC 6749 section 2.3.1 lets it."""

    def escaped(text):
        return "".join(c if c.isascii() and c.isalnum() else "".join("%%%02X" % b for b in c.encode()) for c in text)

    pair = escaped(client_id) + ":" + escaped(client_secret)
    assert "%2D" in pair and "%5F" in pair, "the pair has something to escape"
    request = urllib.request.Request(
        metadata["token_endpoint"],
        data=urllib.parse.urlencode({"grant_type": "client_credentials"}).encode(),
        headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()},
    )
    with urllib.request.urlopen(request) as answer:
        verify(json.load(answer)["access_token"], metadata)


metadata = discover()
assert metadata["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
for method in metadata["token_endpoint_auth_methods_supported"]:
    use(method, metadata)
refuse_a_wrong_secret(metadata)
escape_everything(metadata)
print("ok")
