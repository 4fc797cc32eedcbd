"""What notices say unless the operator writes something else. Pure."""

DEFAULT_SUBJECT = "Choose a new password for {site}"
DEFAULT_BODY = """\
Hello,

{reason}

Your old password for {site} no longer opens your account, for you or for
anybody else. Please choose a new one. You can do so here:

{link}

The link works once, until {until}. If you would rather not follow a link
from a message, that is a good habit: type the address of {site} into your
browser yourself and ask there for a new password.

If you used the old password anywhere else as well, change it there too.
Three random words make a password that is long and easy to remember.

We will never ask you to send us a password, by mail or on the phone, and
this message has no attachment.

{site}
"""

DEFAULT_BODY_WITHOUT_LINK = """\
Hello,

{reason}

Your old password for {site} no longer opens your account, for you or for
anybody else. Please choose a new one: go to {site} yourself, as you always
do, and ask there for a new password ("Forgot your password?").

This message has no link on purpose. If you get one that looks like it and
has a link, do not follow it.

If you used the old password anywhere else as well, change it there too.
Three random words make a password that is long and easy to remember.

We will never ask you to send us a password, by mail or on the phone, and
this message has no attachment.

{site}
"""

DEFAULT_REMINDER_SUBJECT = "Your password for {site} is still to be chosen"

DEFAULT_ASKED_SUBJECT = "The new password that you asked for at {site}"
DEFAULT_ASKED_BODY = """\
Hello,

you asked for a new password at {site}. You can choose it here:

{link}

The link works once, until {until}. If it was not you who asked, you need not
do anything: without this message nobody can choose one.

We will never ask you to send us a password, by mail or on the phone, and
this message has no attachment.

{site}
"""
