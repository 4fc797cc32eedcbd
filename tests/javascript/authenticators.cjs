// What two authenticators of others show at an instant.
// Usage: node authenticators.cjs FOLDER < LINES
// FOLDER holds node_modules; each line is {"uri": "otpauth://...", "now": seconds}.
"use strict";

const { createRequire } = require("node:module");
const { join, resolve } = require("node:path");
const { readFileSync } = require("node:fs");

const load = createRequire(join(resolve(process.argv[2]), "any.js"));
const OTPAuth = load("otpauth");
const { authenticator, totp } = load("otplib");

function shownByOtplib(uri, now) {
  const query = new URL(uri).searchParams;
  const options = {
    algorithm: (query.get("algorithm") || "SHA1").toLowerCase(),
    digits: Number(query.get("digits") || 6),
    step: Number(query.get("period") || 30),
    epoch: now * 1000,
  };
  const seed = authenticator.decode(query.get("secret"));
  return totp.clone({ ...options, encoding: "hex" }).generate(seed);
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { uri, now } = JSON.parse(line);
  const otpauth = OTPAuth.URI.parse(uri).generate({ timestamp: now * 1000 });
  console.log(JSON.stringify({ otpauth, otplib: shownByOtplib(uri, now) }));
}
