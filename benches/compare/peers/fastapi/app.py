"""What FastAPI's tutorial builds in its chapter on OAuth2 scopes: users in a dictionary, a password
login that signs an HS256 token, and a route behind the scope `me`. The hash is made with the
parameters that every peer has here."""

from datetime import datetime, timedelta, timezone
from typing import Annotated
from uuid import uuid4

import jwt
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel

KEY = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
LIFETIME = timedelta(minutes=30)

hasher = PasswordHash((Argon2Hasher(memory_cost=65536, time_cost=3, parallelism=4),))
bearer = OAuth2PasswordBearer(tokenUrl="token", scopes={"me": "Read information about the current user."})
app = FastAPI()


class User(BaseModel):
    username: str
    email: str | None = None
    full_name: str | None = None
    disabled: bool | None = None


class StoredUser(User):
    hashed_password: str


class Token(BaseModel):
    access_token: str
    token_type: str


users = {
    "johndoe": {
        "username": "johndoe",
        "full_name": "John Doe",
        "email": "johndoe@example.com",
        "disabled": False,
        "hashed_password": hasher.hash("secret"),
    }
}


def find_user(username):
    return StoredUser(**users[username]) if username in users else None


async def current_user(wanted: SecurityScopes, token: Annotated[str, Depends(bearer)]) -> User:
    refused = HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
    try:
        claims = jwt.decode(token, KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise refused
    user = find_user(claims.get("sub"))
    if user is None:
        raise refused
    if not set(wanted.scopes) <= set(claims.get("scope", "").split()):
        raise HTTPException(401, "Not enough permissions", {"WWW-Authenticate": "Bearer"})
    return user


async def active_user(user: Annotated[User, Security(current_user, scopes=["me"])]) -> User:
    if user.disabled:
        raise HTTPException(400, "Inactive user")
    return user


@app.post("/token")
async def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    user = find_user(form.username)
    if user is None or not hasher.verify(form.password, user.hashed_password):
        raise HTTPException(400, "Incorrect username or password")
    # The tutorial has no `jti`; without it two logins within a second give the same token, which
    # the comparison takes for a cached answer.
    claims = {
        "sub": user.username,
        "scope": " ".join(form.scopes),
        "exp": datetime.now(timezone.utc) + LIFETIME,
        "jti": uuid4().hex,
    }
    return Token(access_token=jwt.encode(claims, KEY, algorithm="HS256"), token_type="bearer")


@app.get("/users/me/")
async def read_me(user: Annotated[User, Depends(active_user)]) -> User:
    return user
