"""A Flask application as people have it, with the extension in it."""

from flask import Flask, redirect, render_template_string, request
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.wrappers import Response

from credguard import Keyring, PasswordHasher, PasswordPolicy
from credguard.errors import PasswordMismatchError
from credguard.integrations.flask import FlaskGuard
from credguard.testing import CHEAPEST
from forums import Unlisting

db = SQLAlchemy()
logins = LoginManager()
credguard = FlaskGuard()

FORM = """
<form method="post"><input name="name"><input name="password"></form>{{ said }}
"""


class Member(UserMixin, db.Model):  # type: ignore[name-defined,misc]  # as its docs say
    """The user table."""

    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    mail: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))


@logins.user_loader  # type: ignore[untyped-decorator]  # it has no types
@credguard.checked
def load(account_id: str) -> Member | None:
    """Return the member with an id."""
    return db.session.get(Member, int(account_id))


def log_in() -> str | Response:
    """Show the form, and take it."""
    if request.method == "GET":
        return render_template_string(FORM, said="")
    query = db.select(Member).filter_by(name=request.form["name"])
    member = db.session.execute(query).scalar()
    try:
        login = credguard.log_in(
            request.form["password"],
            account_id=None if member is None else str(member.id),
            stored=None if member is None else member.password_hash,
        )
    except PasswordMismatchError as refused:
        return render_template_string(FORM, said=str(refused))
    if login.replacement and member is not None:
        db.session.execute(
            update(Member)
            .where(Member.id == member.id, Member.password_hash == member.password_hash)
            .values(password_hash=login.replacement)
        )
        db.session.commit()
    login_user(member, remember="remember" in request.form)
    needed = login.second_factor_needed
    return redirect("/credentials/second-step" if needed else "/")


def let_in() -> str:
    """Log a member in by other means, such as another site's sign-in."""
    login_user(db.session.get(Member, int(request.form["id"])))
    return "in"


@login_required  # type: ignore[untyped-decorator]  # as above
def home() -> str:
    """Greet the member by name."""
    assert current_user == db.session.get(Member, current_user.id)
    return f"Hello {current_user.name}."


def sign_out() -> Response:
    """Log the member out."""
    logout_user()
    return redirect("/log-in")


def make_app(url: str, keyring: Keyring) -> Flask:
    """Return an application on a database."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="for tests alone",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=url,
        CREDGUARD_KEYRING=keyring,
        CREDGUARD_TABLE="member",
        CREDGUARD_COLUMNS={
            "password": "password_hash",
            "address": "mail",
            "name": "name",
        },
        CREDGUARD_OPTIONS={
            "passwords": PasswordHasher(work_factor=CHEAPEST),
            "policy": PasswordPolicy(blocklist=Unlisting(), fewest_guesses=0),
        },
        CREDGUARD_NOTICES={
            "site": "Machina",
            "sender_address": "help@machina.example",
            "link": "https://machina.example/credentials/reset#{token}",
        },
    )
    db.init_app(app)
    logins.init_app(app)
    logins.login_view = "log_in"
    credguard.init_app(app)
    app.add_url_rule("/log-in", view_func=log_in, methods=["GET", "POST"])
    app.add_url_rule("/let-in", view_func=let_in, methods=["POST"])
    app.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])
    app.add_url_rule("/", view_func=home)
    with app.app_context():
        db.create_all()
    return app
