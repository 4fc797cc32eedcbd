# ruff: noqa: ARG002, D102  # each class says in what way it misbehaves
"""Mail servers that misbehave, each in one way."""

import re
import socket
import struct

from credguard.drill.mail_sink import Conversation


class _Faulty(Conversation):
    def wait_for_the_end(self) -> str:
        """Say nothing until the test is over."""
        self.sink.closing.wait(30)
        return ""

    def drip(self, octets: bytes) -> str:
        """Send *octets* again and again, one at a time, until the test is over."""
        at = 0
        while not self.sink.closing.wait(0.02):
            self.wfile.write(octets[at % len(octets)].to_bytes(1, "big"))
            at += 1
        return ""

    def reset(self) -> str:
        """Drop the line the hard way."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return ""


class HangsAtOnce(_Faulty):
    """Takes the connection and says nothing."""

    def greeting(self) -> str:
        return self.wait_for_the_end()


class DripsItsGreeting(_Faulty):
    """Greets one octet at a time, and never comes to an end."""

    def greeting(self) -> str:
        return self.drip(b"220-welcome\r\n")


class HangsUpAtOnce(_Faulty):
    """Takes the connection and closes it."""

    def greeting(self) -> str:
        return ""


class IsFull(_Faulty):
    """Greets with: not now."""

    def greeting(self) -> str:
        return "421 too many connections from member@mail.example"


class TakesNoMail(_Faulty):
    """Greets with: never."""

    def greeting(self) -> str:
        return "554 no mail here"


class SpeaksAnotherProtocol(_Faulty):
    """Answers as something that is not a mail server does."""

    def greeting(self) -> str:
        return "SSH-2.0-OpenSSH_9.9"


class FloodsItsGreeting(_Faulty):
    """Greets with lines without end, as fast as they go."""

    def greeting(self) -> str:
        lines = b"220-welcome\r\n" * 1_000
        while not self.sink.closing.is_set():
            self.wfile.write(lines)
        return ""


class FloodsOneLine(_Faulty):
    """Greets with one line without end."""

    def greeting(self) -> str:
        while not self.sink.closing.is_set():
            self.wfile.write(b"2" * 10_000)
        return ""


class RefusesHello(_Faulty):
    """Understands neither EHLO nor HELO."""

    def on_hello(self) -> str:
        return "550 not you"


class KnowsOnlyHello(_Faulty):
    """Understands HELO, and no EHLO."""

    greeted = False

    def on_hello(self) -> str:
        reply = "250 hello" if self.greeted else "502 what"
        self.greeted = True
        return reply


class HangsUpAtHello(_Faulty):
    """Greets, and closes when it is greeted back."""

    def on_hello(self) -> str:
        return ""


class RefusesSender(_Faulty):
    """Wants a log-in first."""

    def on_sender(self, address: str) -> str:
        return f"530 log in first, {address}"


class DefersSender(_Faulty):
    """Has no room at the moment."""

    def on_sender(self, address: str) -> str:
        return f"452 no room for {address}"


class EndsAtSender(_Faulty):
    """Ends each connection at MAIL."""

    def on_sender(self, address: str) -> str:
        self.say(f"421 good night, {address}")
        return ""


class HangsAtSender(_Faulty):
    """Never answers MAIL."""

    def on_sender(self, address: str) -> str:
        return self.wait_for_the_end()


class ByRecipient(_Faulty):
    """Answers RCPT with the number that stands in the address, if there is one."""

    def on_recipient(self, address: str) -> str:
        code = re.match(r"[0-9]{3}", address)
        return f"{code[0] if code else 250} {address}"


class HangsUpAtRecipient(_Faulty):
    """Closes at RCPT."""

    def on_recipient(self, address: str) -> str:
        return ""


class DefersData(_Faulty):
    """Defers at DATA."""

    def on_data(self) -> str:
        return "451 try later"


class RefusesData(_Faulty):
    """Refuses at DATA."""

    def on_data(self) -> str:
        return "554 no"


class MisunderstandsData(_Faulty):
    """Says that DATA is done, though it has not begun."""

    def on_data(self) -> str:
        return "250 ok"


class HangsUpAtData(_Faulty):
    """Closes instead of answering DATA."""

    def on_data(self) -> str:
        return self.reset()


class HangsAtData(_Faulty):
    """Never answers DATA."""

    def on_data(self) -> str:
        return self.wait_for_the_end()


class StopsReading(_Faulty):
    """Asks for the message and then does not read it."""

    def on_data(self) -> str:
        self.say("354 go on")
        return self.wait_for_the_end()


class _AfterMessage(_Faulty):
    def after(self) -> str:
        raise NotImplementedError

    def on_message(self, message: bytes, recipient: str) -> str:
        super().on_message(message, recipient)
        return self.after()


class HangsUpAfterMessage(_AfterMessage):
    """Takes the message, and closes before it says so."""

    def after(self) -> str:
        return ""


class ResetsAfterMessage(_AfterMessage):
    """Takes the message, and drops the line before it says so."""

    def after(self) -> str:
        return self.reset()


class HangsAfterMessage(_AfterMessage):
    """Takes the message and never says so."""

    def after(self) -> str:
        return self.wait_for_the_end()


class DripsAfterMessage(_AfterMessage):
    """Takes the message and says so for ever."""

    def after(self) -> str:
        return self.drip(b"250-kept\r\n")


class BabblesAfterMessage(_AfterMessage):
    """Takes the message and says something that is no reply."""

    def after(self) -> str:
        return "yes, thank you"


class HangsUpAfterAnswer(_AfterMessage):
    """Takes the message, says so, and closes."""

    def after(self) -> str:
        self.say("250 kept")
        return ""


class EndsAfterMessage(_Faulty):
    """Does not take the message and ends the connection."""

    def on_message(self, message: bytes, recipient: str) -> str:
        self.say(f"421 not from you, {recipient}")
        return ""


class DefersMessage(_Faulty):
    """Does not take the message now."""

    def on_message(self, message: bytes, recipient: str) -> str:
        return f"451 later, {recipient}"


class RefusesMessage(_Faulty):
    """Does not take the message."""

    def on_message(self, message: bytes, recipient: str) -> str:
        return f"550 looks like spam, {recipient}"


class AnswersTwice(_Faulty):
    """Answers RCPT twice, so that each later answer comes too early."""

    def on_recipient(self, address: str) -> str:
        return "250 ok\r\n250 ok"


class EndsIdleLines(_Faulty):
    """Takes one message on a connection and closes on the next."""

    senders = 0

    def on_sender(self, address: str) -> str:
        self.senders += 1
        return "250 ok" if self.senders == 1 else ""


class TakesOneEach(_Faulty):
    """Takes one message on a connection and refuses the next."""

    senders = 0

    def on_sender(self, address: str) -> str:
        self.senders += 1
        return "250 ok" if self.senders == 1 else "550 one is enough"


class CannotReset(_Faulty):
    """Defers, and does not know RSET."""

    def on_recipient(self, address: str) -> str:
        return "450 later"

    def on_reset(self) -> str:
        return "502 what"


class HangsAtQuit(_Faulty):
    """Does not let go."""

    def on_quit(self) -> str:
        return self.wait_for_the_end()
