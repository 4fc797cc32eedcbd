// Says what speaks against a password while it is typed. What counts is what the server
// says when the form is sent.
"use strict";
const form = document.querySelector("form[data-feedback]");
const list = document.getElementById("reasons");
let asked = 0;
let timer;

async function ask() {
  const mine = ++asked;
  const answer = await fetch(form.dataset.feedback, {
    method: "POST",
    body: new FormData(form),
  });
  if (mine !== asked || !answer.ok) return;
  const { reasons } = await answer.json();
  list.replaceChildren(
    ...reasons.map((reason) => {
      const item = document.createElement("li");
      item.textContent = reason;
      return item;
    }),
  );
}

form.elements.password.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, 300);
});
