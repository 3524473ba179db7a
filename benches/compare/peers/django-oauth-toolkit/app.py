"""django-oauth-toolkit with SQLite, in one file: settings, routes, and `python app.py` to fill the
database. Hashes are made with the parameters that every peer has here, and the secret of the client
is kept as it is: hashed, as the toolkit does by default, each request of it costs a password hash."""

import os

import django
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class Hasher(Argon2PasswordHasher):
    time_cost = 3
    memory_cost = 65536
    parallelism = 4


settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    PASSWORD_HASHERS=[f"{__name__}.Hasher"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(os.environ["DATA"], "db.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
            },
        }
    },
    OAUTH2_PROVIDER={"SCOPES": {"me": "Read information about the current user."}},
)
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from oauth2_provider.views import ScopedProtectedResourceView, TokenView  # noqa: E402


class Me(ScopedProtectedResourceView):
    required_scopes = ["me"]

    def get(self, request):
        user = request.resource_owner
        full_name = user.get_full_name()
        answer = {"username": user.username, "email": user.email, "full_name": full_name}
        return JsonResponse({**answer, "disabled": not user.is_active})


urlpatterns = [path("token", TokenView.as_view()), path("users/me/", Me.as_view())]
application = WSGIHandler()


def fill():
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("johndoe", "johndoe@example.com", "secret")
    for client, grant in (("bench", "password"), ("machine", "client-credentials")):
        Application.objects.create(
            client_id=client,
            client_secret="bench-secret-that-has-32-characters",
            hash_client_secret=False,
            client_type="confidential",
            authorization_grant_type=grant,
            user=user,
        )


if __name__ == "__main__":
    fill()
