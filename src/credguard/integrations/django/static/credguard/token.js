// The token stands behind the #, which no server and no log sees. It is put into the
// form and taken out of the address bar.
"use strict";
const field = document.getElementById("id_token");
const token = decodeURIComponent(window.location.hash.slice(1));
if (token) {
  field.value = token;
  window.history.replaceState(null, "", window.location.pathname);
}
