"""
A small forum that has everything: members, a second factor, and the day of a breach.

Run it with ``flask --app docs/examples/forum/app run``, in the root of the repository.
It makes ``forum/`` with its database and its mails in the folder where it is run.
"""

import os
import secrets
from email.message import EmailMessage
from pathlib import Path

from flask import (
    Flask,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from flask_sqlalchemy import SQLAlchemy

from credguard import Keyring
from credguard.campaigns.report_page import as_html
from credguard.delivery import Maildir
from credguard.errors import PasswordMismatchError, PasswordRejectedError, RefusedError
from credguard.integrations.flask import FlaskGuard
from credguard.integrations.flask.pages import refuse_other_sites

SITE = "The Harbour"
ADDRESS = "help@harbour.example"

db = SQLAlchemy()
logins = LoginManager()
logins.login_view = "log_in"
credguard = FlaskGuard()


class Member(UserMixin, db.Model):
    """Who may write; `password_hash` is the one column that credguard writes to."""

    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), unique=True, nullable=False)
    mail = db.Column(db.String(254), nullable=False)
    password_hash = db.Column(db.String(255), nullable=False)
    is_staff = db.Column(db.Boolean, nullable=False, default=False)


class Post(db.Model):
    """What somebody wrote."""

    id = db.Column(db.Integer, primary_key=True)
    author_id = db.Column(db.ForeignKey(Member.id), nullable=False)
    text = db.Column(db.Text, nullable=False)
    author = db.relationship(Member)


@logins.user_loader
@credguard.checked
def load(account_id):
    """Return the member with an id; credguard has checked the session."""
    return db.session.get(Member, int(account_id))


def board():
    """Show what was written, and let members write."""
    if request.method == "POST":
        if not current_user.is_authenticated:
            abort(401)
        db.session.add(Post(author=current_user, text=request.form["text"][:5000]))
        db.session.commit()
        return redirect(url_for("board"))
    posts = db.session.execute(db.select(Post).order_by(Post.id.desc())).scalars()
    return render_template("board.html", posts=posts.all())


def sign_up():
    """Let somebody join, if the password will do."""
    form, reasons = request.form, []
    if request.method == "POST":
        name, mail = form["name"].strip(), form["mail"].strip()
        try:
            if not name or named(name):
                reasons = ["This name is taken, or none."]
            else:
                login_user(joined(name, mail, form["password"]))
                return redirect(url_for("board"))
        except PasswordRejectedError as rejected:
            reasons = [reason.text for reason in rejected.reasons]
    return render_template("sign_up.html", form=form, reasons=reasons)


def joined(name, mail, password):
    """Make an account, if its password will do."""
    context = (name, mail)
    credguard.guard.check_new_password(password, context=context)
    # The row comes first, for its id; and is committed, for an SQLite database has one
    # writer at a time.
    member = Member(name=name, mail=mail, password_hash="!")
    db.session.add(member)
    db.session.commit()
    member.password_hash = credguard.guard.sign_up(
        password, account_id=str(member.id), context=context
    )
    db.session.commit()
    return member


def password_feedback():
    """Say what speaks against a password while it is typed; a script asks."""
    context = (request.form.get("name", ""), request.form.get("mail", ""))
    try:
        credguard.guard.check_new_password(
            request.form["password"], context=[each for each in context if each]
        )
    except PasswordRejectedError as rejected:
        return jsonify(reasons=[reason.text for reason in rejected.reasons])
    return jsonify(reasons=[])


def log_in():
    """Let a member in."""
    if request.method == "GET":
        return render_template("log_in.html")
    member = named(request.form["name"])
    try:
        login = credguard.log_in(
            request.form["password"],
            account_id=str(member.id) if member else None,
            stored=member.password_hash if member else None,
        )
    except PasswordMismatchError as refused:
        return render_template("log_in.html", said=refused), 401
    if login.replacement:
        better = db.update(Member).where(
            Member.id == member.id, Member.password_hash == member.password_hash
        )
        db.session.execute(better.values(password_hash=login.replacement))
        db.session.commit()
    login_user(member, remember="remember" in request.form)
    for reason in login.reasons:
        flash(reason.text)
    if login.second_factor_needed:
        return redirect(url_for("credguard.ask_second_step"))
    return redirect(url_for("board"))


def log_out():
    """End this session, or with "everywhere" all of the member's."""
    if "everywhere" in request.form and current_user.is_authenticated:
        credguard.guard.sign_out_everywhere(str(current_user.id))
    logout_user()
    return redirect(url_for("log_in"))


def forgotten():
    """Send a link; the page is the same whether there is such a member or not."""
    if request.method == "GET":
        return render_template("forgotten.html")
    query = db.select(Member).filter_by(mail=request.form["mail"])
    for member in db.session.execute(query).scalars():
        # In a forum of many members this goes into a queue: see the how-to.
        link = url_for("new_password", _external=True)
        token = credguard.guard.forgotten_token(str(member.id))
        send(member.mail, "A new password", f"Choose one here:\n\n{link}#{token}\n")
    return render_template("forgotten.html", sent=True)


def new_password():
    """Take a new password for the link that was asked for."""
    said = None
    if request.method == "POST":
        token = request.form["token"]
        try:
            member = load_row(credguard.guard.check_forgotten(token))
            renewed = credguard.guard.redeem_forgotten(
                token,
                password=request.form["password"],
                stored=member.password_hash,
                context=(member.name, member.mail),
            )
        except RefusedError as refused:
            said = refused
        else:
            member.password_hash = renewed.password
            db.session.commit()
            flash("Your new password is set.")
            return redirect(url_for("log_in"))
    return render_template("new_password.html", said=said)


@login_required
def account():
    """Let a member change the password, and see what else lets in."""
    said = None
    if request.method == "POST":
        try:
            changed = credguard.guard.change_password(
                request.form["old"],
                new=request.form["password"],
                account_id=str(current_user.id),
                stored=current_user.password_hash,
                context=(current_user.name, current_user.mail),
            )
        except RefusedError as refused:
            said = refused
        else:
            current_user.password_hash = changed.password
            db.session.commit()
            credguard.renew_session()  # this one goes on, all others are over
            flash("Your password is changed, and you are logged out elsewhere.")
    factors = credguard.guard.second_factors
    return render_template(
        "account.html",
        said=said,
        on=factors.is_enrolled(str(current_user.id)),
        devices=factors.devices.every(str(current_user.id)),
    )


@login_required
def campaigns():
    """Show the staff all forced resets."""
    if not current_user.is_staff:
        abort(403)
    found = credguard.guard.campaigns
    rows = [(record, found.status(record.id)) for record in found.every()]
    return render_template("campaigns.html", rows=rows)


@login_required
def campaign(campaign_id):
    """Show the staff how a forced reset goes, with its plots."""
    if not current_user.is_staff:
        abort(403)
    found = credguard.guard.campaigns
    return as_html(found.status(campaign_id), found.timeline(campaign_id))


def named(name):
    """Return the member with a name, None if there is none."""
    return db.session.execute(db.select(Member).filter_by(name=name)).scalar()


def load_row(account_id):
    """Return a member's row."""
    return db.session.get(Member, int(account_id))


def send(address, subject, text):
    """Send a mail; here it goes into a folder."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ADDRESS, address, subject
    message["Message-ID"] = f"<{secrets.token_hex(16)}@harbour.example>"
    message.set_content(text)
    Maildir(current_app.config["MAILS"]).send(message, recipient=address)


def create_app(folder=None):
    """Return the forum, with its database and its mails in *folder*."""
    folder = Path(folder or os.environ.get("FORUM_FOLDER", "forum")).absolute()
    folder.mkdir(exist_ok=True)
    app = Flask(__name__, instance_path=str(folder))
    app.config.update(
        SECRET_KEY=kept(folder / "secret_key", lambda: secrets.token_hex(32)),
        MAILS=folder / "mails",
        SQLALCHEMY_DATABASE_URI="sqlite:///forum.db",
        CREDGUARD_KEYRING=kept(folder / "keyring", lambda: Keyring.generate().reveal()),
        CREDGUARD_TABLE="member",
        CREDGUARD_COLUMNS={
            "password": "password_hash",
            "address": "mail",
            "name": "name",
            "is_staff": "is_staff",
        },
        CREDGUARD_OPTIONS={"issuer": SITE},
        CREDGUARD_NOTICES={
            "site": SITE,
            "sender_address": ADDRESS,
            "link": "http://127.0.0.1:5000/credentials/reset#{token}",
            "maildir": str(folder / "mails"),
        },
    )
    for part in (db, logins, credguard):
        part.init_app(app)
    app.before_request(refuse_other_sites)
    app.jinja_env.globals["site"] = SITE
    both = ["GET", "POST"]
    for rule, view, methods in (
        ("/", board, both),
        ("/sign-up", sign_up, both),
        ("/password-feedback", password_feedback, ["POST"]),
        ("/log-in", log_in, both),
        ("/log-out", log_out, ["POST"]),
        ("/forgotten", forgotten, both),
        ("/new-password", new_password, both),
        ("/account", account, both),
        ("/campaigns", campaigns, ["GET"]),
        ("/campaigns/<campaign_id>", campaign, ["GET"]),
    ):
        app.add_url_rule(rule, view_func=view, methods=methods)
    with app.app_context():
        db.create_all()
    return app


def kept(path, make):
    """Return the text of a file, which is made when it is not there."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text()
