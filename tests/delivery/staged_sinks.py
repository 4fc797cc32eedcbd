"""Mail servers that misbehave in any way at any step of the conversation."""

import time

from faulty_sinks import _Faulty

STAGES = ("greeting", "hello", "sender", "recipient", "data", "message")
_RIGHT = {"greeting": "220", "data": "354"}

# What is said instead of the right reply; {} is the right code.
SAID = {
    "421": "421 good night",
    "4xx": "451 later",
    "5xx": "550 no",
    "another 2xx": "211 well",
    "a code that is none": "999 what",
    "no code": "yes, thank you",
    "empty line": "",
    "NULs": "{} \0\0\0 ok",
    "8-bit letters": "{} gr\xfc\xdfe \x80\xff",
    "garbage": "\x16\x03\x01\0\xff\xfe\x80garbage",
    "over-long line": "{} " + "x" * 100_000,
    "flood of lines": "{}-x\r\n" * 50_000 + "{} x",
    "two replies": "{} ok\r\n{} ok",
    "two replies, the second a refusal": "{} ok\r\n550 no",
    "end without a line end": "{} ok",
}
DONE = ("hangs", "drips", "hangs up", "resets", "late")

# What is said without end, as fast as it goes; {} is the right code.
ENDLESS = {
    "endless reply": ("", "{}-x\r\n"),
    "endless line": ("{} ", "x"),
    "endless replies": ("", "{} x\r\n"),
}
WAYS = (*SAID, *DONE, *ENDLESS)

# The server means by these that it did not take the message.
_NOT_TAKEN = {"421", "4xx", "5xx"}


class Staged(_Faulty):
    """Misbehaves at `stage` in `way`, from the second connection on if `later`."""

    stage = ""
    way = ""
    later = False
    connections = 0

    def handle(self) -> None:
        """Count connections."""
        type(self).connections += 1
        super().handle()

    def say(self, reply: str) -> None:
        """Send *reply*, whatever letters are in it."""
        end = "" if reply.endswith("\b") else "\r\n"
        self.wfile.write((reply.removesuffix("\b") + end).encode("latin-1"))

    def greeting(self) -> str:
        """Say what is said first."""
        return self._at("greeting", super().greeting())

    def on_hello(self) -> str:
        """Answer EHLO and HELO."""
        return self._at("hello", super().on_hello())

    def on_sender(self, address: str) -> str:
        """Answer MAIL."""
        return self._at("sender", super().on_sender(address))

    def on_recipient(self, address: str) -> str:
        """Answer RCPT."""
        return self._at("recipient", super().on_recipient(address))

    def on_data(self) -> str:
        """Answer DATA."""
        return self._at("data", super().on_data())

    def on_message(self, message: bytes, recipient: str) -> str:
        """Take the message, unless what is said means that it is not taken."""
        if self.stage != "message" or self.way not in _NOT_TAKEN:
            super().on_message(message, recipient)
        return self._at("message", "250 kept")

    def _at(self, stage: str, right: str) -> str:
        if stage != self.stage or (self.later and self.connections < 2):
            return right
        code = _RIGHT.get(stage, "250")
        if self.way in ENDLESS:
            return self._flood(
                *(each.replace("{}", code) for each in ENDLESS[self.way])
            )
        if self.way in SAID:
            said = SAID[self.way].replace("{}", code)
            if self.way == "end without a line end":
                self.say(said + "\b")
                return ""
            # An empty reply would hang up; this is a line with nothing in it.
            return said or "\r\n"
        return self._done(right)

    def _flood(self, begins: str, goes_on: str) -> str:
        self.wfile.write(begins.encode())
        piece = goes_on.encode() * 10_000
        while not self.sink.closing.is_set():
            self.wfile.write(piece)
        return ""

    def _done(self, right: str) -> str:
        match self.way:
            case "hangs":
                return self.wait_for_the_end()
            case "drips":
                return self.drip(right[:3].encode() + b"-x\r\n")
            case "resets":
                return self.reset()
            case "late":
                time.sleep(0.05)
                return right
            case _:
                return ""
