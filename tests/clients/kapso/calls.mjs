// Every call of @kapso/whatsapp-cloud-api that is about what is offered, and those about what is not.
// Reads what it needs as JSON from stdin; prints one line of JSON for each call.
import { readFileSync } from "node:fs";

import { GraphApiError, WhatsAppClient } from "@kapso/whatsapp-cloud-api";
import { normalizeWebhook, verifySignature } from "@kapso/whatsapp-cloud-api/server";

const about = JSON.parse(readFileSync(0, "utf8"));
const client = new WhatsAppClient({ accessToken: about.access_token, baseUrl: about.base_url });
const phoneNumberId = about.profile_id;
const businessAccountId = about.account_id;
const to = about.wa_id;
const png = Buffer.from(about.png, "base64");
const kept = {};

async function call(name, make, keep) {
  let outcome = "ok";
  let detail = "";
  try {
    const result = await make();
    if (keep) kept[keep] = result;
    detail = JSON.stringify(result)?.slice(0, 300) ?? "undefined";
    if (result === undefined || typeof result === "string") outcome = "broken";
  } catch (error) {
    outcome = error instanceof GraphApiError ? "api error" : "broken";
    detail = `${error.code ?? ""} ${error.stack ?? error}`.slice(0, 1200);
  }
  console.log(JSON.stringify({ call: name, outcome, detail }));
}

const send = client.messages;
const both = { phoneNumberId, to };

// P0
await call("text", () => send.sendText({ ...both, body: "Hello 👋", previewUrl: true }));
await call("text to user_id", () => send.sendText({ phoneNumberId, recipient: about.user_id, body: "Hello" }));
await call("text to both", () => send.sendText({ ...both, recipient: about.user_id, body: "Hello" }));
await call("reply", () => send.sendText({ ...both, body: "Yes", contextMessageId: about.message_id }));
await call("upload", () => client.media.upload({ phoneNumberId, type: "image", file: new Blob([png], { type: "image/png" }), fileName: "shop.png" }), "media");
await call("media", () => client.media.get({ mediaId: kept.media.id, phoneNumberId }));
await call("media bytes", async () => (await client.media.download({ mediaId: kept.media.id, phoneNumberId })).byteLength);
await call("image by id", () => send.sendImage({ ...both, image: { id: kept.media.id, caption: "Shop" } }));
await call("image by link", () => send.sendImage({ ...both, image: { link: about.png_link } }));
await call("document", () => send.sendDocument({ ...both, document: { link: about.pdf_link, filename: "a.pdf", caption: "Read" } }));
await call("audio", () => send.sendAudio({ ...both, audio: { link: about.ogg_link } }));
await call("video", () => send.sendVideo({ ...both, video: { link: about.mp4_link, caption: "See" } }));
await call("sticker", () => send.sendSticker({ ...both, sticker: { link: about.webp_link } }));
await call("location", () => send.sendLocation({ ...both, location: { latitude: -23.55, longitude: -46.63, name: "Shop", address: "Rua Augusta" } }));
await call("contacts", () => send.sendContacts({ ...both, contacts: [{ name: { formattedName: "Bob B" }, phones: [{ phone: "+5511999", type: "WORK" }] }] }));
await call("reaction", () => send.sendReaction({ ...both, reaction: { messageId: about.message_id, emoji: "👍" } }));
await call("buttons", () => send.sendInteractiveButtons({ ...both, header: { type: "image", image: { id: kept.media.id } }, bodyText: "Coming?", footerText: "Acme", buttons: [{ id: "y", title: "Yes" }, { id: "n", title: "No" }] }));
await call("list", () => send.sendInteractiveList({ ...both, bodyText: "Choose", buttonText: "Open", sections: [{ title: "One", rows: [{ id: "1", title: "Row", description: "First" }] }] }));
await call("link button", () => send.sendInteractiveCtaUrl({ ...both, bodyText: "Look", parameters: { displayText: "Open", url: "https://example.com" } }));
await call("request location", () => send.sendInteractiveLocationRequest({ ...both, bodyText: "Where?", parameters: { requestMessage: "Where are you?" } }));
await call("template", () => send.sendTemplate({ ...both, template: { name: "hello_world", language: { code: "en_US" } } }));
await call("template with values", () => send.sendTemplate({ ...both, template: { name: "sample_order", language: { code: "en_US" }, components: [{ type: "body", parameters: [{ type: "text", text: "Ana" }, { type: "text", text: "4711" }] }] } }));
await call("mark as read", () => send.markRead({ phoneNumberId, messageId: about.message_id, typingIndicator: { type: "text" } }));
await call("delete media", () => client.media.delete({ mediaId: kept.media.id, phoneNumberId }));
await call("create template", () => client.templates.create({ businessAccountId, name: "order_by_kapso", language: "en_US", category: "UTILITY", components: [{ type: "BODY", text: "Hello {{1}}, your order {{2}} has been shipped.", example: { bodyText: [["Ana", "4711"]] } }] }), "template");
await call("templates", () => client.templates.list({ businessAccountId, limit: 2 }));
await call("template by id", () => client.templates.get({ businessAccountId, templateId: kept.template.id }));
await call("delete template", () => client.templates.delete({ businessAccountId, name: "order_by_kapso" }));
await call("profile", () => client.phoneNumbers.businessProfile.get({ phoneNumberId }));
await call("update profile", () => client.phoneNumbers.businessProfile.update({ phoneNumberId, about: "We sell", websites: ["https://acme.example"] }));

// P1
await call("settings", () => client.phoneNumbers.settings.get({ phoneNumberId }));
await call("update settings", () => client.phoneNumbers.settings.update({ phoneNumberId, calling: { status: "DISABLED" } }));
await call("register", () => client.phoneNumbers.register({ phoneNumberId, pin: "123456" }));
await call("request code", () => client.phoneNumbers.requestCode({ phoneNumberId, codeMethod: "SMS", language: "en_US" }));
await call("verify code", () => client.phoneNumbers.verifyCode({ phoneNumberId, code: "123456" }));
await call("deregister", () => client.phoneNumbers.deregister({ phoneNumberId }));

// What comes by webhook
await call("webhook", async () => {
  const body = Buffer.from(about.webhook_body, "base64");
  const signed = verifySignature({ appSecret: about.app_secret, rawBody: body, signatureHeader: about.webhook_signature });
  if (!signed) throw new Error("the signature does not match");
  const told = normalizeWebhook(JSON.parse(body.toString()));
  if (told.messages.length !== 1 || told.messages[0].fromUserId !== about.user_id) throw new Error(JSON.stringify(told));
  return told.messages[0];
});

// What goes wrong
await call("! unknown person", () => send.sendText({ phoneNumberId, to: "999111111111111", body: "Hello" }));
await call("! closed window", () => send.sendText({ phoneNumberId, to: about.closed, body: "Hello" }));
await call("! no such template", () => send.sendTemplate({ ...both, template: { name: "none", language: { code: "en_US" } } }));
await call("! no such media", () => client.media.get({ mediaId: "123456789012345", phoneNumberId }));
await call("! foreign profile", () => send.sendText({ phoneNumberId: about.foreign_id, to, body: "Hello" }));

// P3
await call("!! product", () => send.sendInteractiveProduct({ ...both, bodyText: "Look", catalogId: "1", productRetailerId: "sku" }));
await call("!! catalog", () => send.sendInteractiveCatalogMessage({ ...both, bodyText: "Look", parameters: { thumbnailProductRetailerId: "sku" } }));
await call("!! flow", () => send.sendInteractiveFlow({ ...both, bodyText: "Open", parameters: { flowId: "1", flowCta: "Open", flowToken: "t", flowAction: "navigate", flowActionPayload: { screen: "S" } } }));
await call("!! call permission", () => send.sendInteractiveCallPermission({ ...both, bodyText: "May we call?", parameters: { action: "request", phoneNumber: "1" } }));
await call("!! deploy flow", () => client.flows.deploy({ version: "7.2", screens: [] }, { wabaId: businessAccountId, name: "x" }));
await call("!! call", () => client.calls.connect({ phoneNumberId, to, session: { sdpType: "offer", sdp: "v=0" } }));
