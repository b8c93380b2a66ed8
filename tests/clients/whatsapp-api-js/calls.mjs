// Every call of whatsapp-api-js that is about what is offered, and those about what is not. It raises
// nothing of its own: it returns the answer, error and all. Its addresses are fixed, so the fetch that
// it is given takes them to ours; where it drops the version, so do we.
// Reads what it needs as JSON from stdin; prints one line of JSON for each call.
import { readFileSync } from "node:fs";

import { WhatsAppAPI } from "whatsapp-api-js";
import * as m from "whatsapp-api-js/messages";

const about = JSON.parse(readFileSync(0, "utf8"));
const Whatsapp = new WhatsAppAPI({
  token: about.access_token,
  appSecret: about.app_secret,
  webhookVerifyToken: about.verify_token,
  v: "v22.0",
  ponyfill: {
    fetch: (url, options) => fetch(String(url).replace("https://graph.facebook.com", about.base_url), options),
  },
});
const phone = about.profile_id;
const to = { phone: about.wa_id };
const kept = {};

async function call(name, make, keep) {
  let outcome = "ok";
  let detail = "";
  try {
    const result = await make();
    if (keep) kept[keep] = result;
    detail = JSON.stringify(result)?.slice(0, 300) ?? "undefined";
    if (result === undefined) outcome = "broken";
    if (result?.error) outcome = Number.isInteger(result.error.code) && result.error.fbtrace_id ? "api error" : "broken";
  } catch (error) {
    outcome = "broken";
    detail = `${error.stack ?? error}`.slice(0, 1200);
  }
  console.log(JSON.stringify({ call: name, outcome, detail }));
}

function check(holds, what) {
  if (!holds) throw new Error(JSON.stringify(what));
  return what;
}

const send = (message, ...rest) => Whatsapp.sendMessage(phone, to, message, ...rest);
const form = new FormData();
form.set("file", new Blob([Buffer.from(about.png, "base64")], { type: "image/png" }));

// P0
await call("text", () => send(new m.Text("Hello 👋", true), undefined, "order-7"));
await call("text to a string", () => Whatsapp.sendMessage(phone, about.wa_id, new m.Text("Hello")));
await call("text to user_id", () => Whatsapp.sendMessage(phone, { bsuid: about.user_id }, new m.Text("Hello")));
await call("text to both", () => Whatsapp.sendMessage(phone, { ...to, bsuid: about.user_id }, new m.Text("Hello")));
await call("reply", () => send(new m.Text("Yes"), about.message_id));
await call("many", async () => check((await Promise.all(Whatsapp.broadcastMessage(phone, [to, to], new m.Text("Hi"), 2, 0))).every((each) => each.messages), "sent"));
await call("upload", () => Whatsapp.uploadMedia(phone, form), "media");
await call("media", () => Whatsapp.retrieveMedia(kept.media.id, phone), "file");
await call("media bytes", async () => check((await (await Whatsapp.fetchMedia(kept.file.url)).arrayBuffer()).byteLength === kept.file.file_size, kept.file));
await call("image by id", () => send(new m.Image(kept.media.id, true, "Shop")));
await call("image by link", () => send(new m.Image(about.png_link)));
await call("document", () => send(new m.Document(about.pdf_link, false, "Read", "a.pdf")));
await call("audio", () => send(new m.Audio(about.ogg_link, false, true)));
await call("video", () => send(new m.Video(about.mp4_link, false, "See")));
await call("sticker", () => send(new m.Sticker(about.webp_link)));
await call("location", () => send(new m.Location(-46.63, -23.55, "Shop", "Rua Augusta")));
await call("contacts", () => send(new m.Contacts([new m.Name("Bob B", "Bob"), new m.Phone("+5511999", "WORK"), new m.Email("bob@acme.example"), new m.Organization("Acme"), new m.Birthday("2000", "01", "31")])));
await call("reaction", () => send(new m.Reaction(about.message_id, "👍")));
await call("no reaction", () => send(new m.Reaction(about.message_id)));
await call("buttons", () => send(new m.Interactive(new m.ActionButtons(new m.Button("y", "Yes"), new m.Button("n", "No")), new m.Body("Coming?"), new m.Header(new m.Image(kept.media.id, true)), new m.Footer("Acme"))));
await call("list", () => send(new m.Interactive(new m.ActionList("Open", new m.ListSection("One", new m.Row("1", "Row", "First"))), new m.Body("Choose"), new m.Header("Menu"))));
await call("link button", () => send(new m.Interactive(new m.ActionCTA("Open", "https://example.com"), new m.Body("Look"))));
await call("request location", () => send(new m.Interactive(new m.ActionLocation(), new m.Body("Where?"))));
await call("template", () => send(new m.Template("hello_world", "en_US")));
await call("template with values", () => send(new m.Template("sample_order", new m.Language("en_US"), new m.BodyComponent(new m.BodyParameter("Ana"), new m.BodyParameter("4711")))));
await call("mark as read", () => Whatsapp.markAsRead(phone, about.message_id, "text"));
await call("delete media", () => Whatsapp.deleteMedia(kept.media.id, phone));

// P1
await call("block", () => Whatsapp.blockUser(phone, to));
await call("unblock", () => Whatsapp.unblockUser(phone, about.wa_id));
await call("create qr", () => Whatsapp.createQR(phone, "Hi there & all", "svg"), "qr");
await call("qr", () => Whatsapp.retrieveQR(phone, kept.qr.code));
await call("qrs", async () => check((await Whatsapp.retrieveQR(phone)).data.length > 0, "listed"));
await call("update qr", () => Whatsapp.updateQR(phone, kept.qr.code, "Hello"));
await call("delete qr", () => Whatsapp.deleteQR(phone, kept.qr.code));

// What comes by webhook
await call("challenge", () => check(Whatsapp.get({ "hub.mode": "subscribe", "hub.verify_token": about.verify_token, "hub.challenge": "1234" }) === "1234", "said"));
await call("webhook", async () => {
  const body = Buffer.from(about.webhook_body, "base64").toString();
  Whatsapp.on.message = async ({ from, name, message, contact, reply, received }) => {
    check(from === about.wa_id && contact.user_id === about.user_id && name && message.text.body === "Olá 👋", { from, name, message });
    return check(!(await received()).error && !(await reply(new m.Text("Heard"), true)).error, "answered");
  };
  return Whatsapp.post(JSON.parse(body), body, about.webhook_signature);
});
await call("webhook altered", async () => {
  const body = Buffer.from(about.webhook_body, "base64").toString().replace("Ol", "Al");
  const refused = await Whatsapp.post(JSON.parse(body), body, about.webhook_signature).catch((error) => error);
  return check(refused.httpStatus === 401, `${refused}`);
});

// What is wrong, and what is not offered
await call("! unknown person", () => Whatsapp.sendMessage(phone, "999111111111111", new m.Text("Hello")));
await call("! foreign profile", () => Whatsapp.sendMessage(about.foreign_id, to, new m.Text("Hello")));
await call("! no such template", () => send(new m.Template("none", "en_US")));
await call("! no such media", () => Whatsapp.retrieveMedia("123456789012345"));
await call("! no such qr", () => Whatsapp.updateQR(phone, "AAAAAAAAAAAAAA", "Hello"));
await call("!! group", () => Whatsapp.sendMessage(phone, { group: "abc" }, new m.Text("Hello")));
await call("!! flow", () => send(new m.Interactive(new m.ActionNavigateFlow("t", "1", "Go", "S"), new m.Body("Flow"))));
await call("!! catalogue", () => send(new m.Interactive(new m.ActionCatalog(new m.Product("1")), new m.Body("Look"))));
await call("!! call", () => Whatsapp.initiateCall(phone, to, "v=0"));
await call("!! reject a call", () => Whatsapp.rejectCall(phone, "wacid.1"));
