// An edge node by Eclipse Tahu's own client: births, so many data messages, a device's death; born again when asked.
const { newClient } = require("sparkplug-client");
const [url, many, waits] = process.argv.slice(2);
const client = newClient({ serverUrl: url, username: "", password: "", groupId: "G", edgeNode: "E", clientId: "tahu-edge", version: "spBv1.0" });
const say = (line) => console.log(line);
const births = () => {
  const now = Date.now();
  client.publishNodeBirth({ timestamp: now, metrics: [
    { name: "Node Control/Rebirth", type: "Boolean", value: false },
    { name: "load", type: "Float", value: 0.5, alias: 1 }] });
  client.publishDeviceBirth("P1", { timestamp: now, metrics: [
    { name: "temperature", type: "Double", value: 170.5, alias: 2, properties: { engUnit: { type: "String", value: "°C" }, Quality: { type: "Int32", value: 192 } } },
    { name: "count", type: "Int64", value: 0, alias: 3 },
    { name: "offset", type: "Int16", value: -3 },
    { name: "on", type: "Boolean", value: true },
    { name: "recipe", type: "String", value: "195/60R15" }] });
  // What the broker has confirmed after them stands for the births, which are sent at most once.
  client.client.publish("marker", "", { qos: 1 }, () => say("born"));
};
const data = (i) => client.publishDeviceData("P1", { timestamp: Date.now(), metrics: [
  { alias: 2, name: null, type: "Double", value: i / 8 },
  { alias: 3, name: null, type: "Int64", value: i },
  { name: "offset", type: "Int16", value: -i },
  { name: "on", type: "Boolean", value: i % 2 === 1 }].map((m) => (m.name === null ? { alias: m.alias, type: m.type, value: m.value, name: undefined } : m)) });
let started = false;
client.on("birth", births);
client.on("ncmd", (payload) => {
  if (payload.metrics.some((m) => m.name === "Node Control/Rebirth" && m.value === true)) { say("asked"); births(); begin(); }
});
const begin = () => {
  if (started) return;
  started = true;
  let i = 0;
  const timer = setInterval(() => {
    for (let k = 0; k < 20 && i < many; k++) data(++i);
    if (i >= many) { clearInterval(timer); client.publishDeviceDeath("P1", { timestamp: Date.now(), metrics: [] }); say("done"); }
  }, 10);
};
if (waits) setInterval(() => { if (!started) client.publishNodeData({ timestamp: Date.now(), metrics: [{ name: "load", type: "Float", value: 0.25 }] }); }, 200);
else client.on("birth", () => setTimeout(begin, 300));
