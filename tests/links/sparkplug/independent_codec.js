// Eclipse Tahu's own codec: reads payloads given as hexadecimal lines of a file and says them as JSON, or writes those given as JSON.
const { readFileSync } = require("fs");
const codec = require("sparkplug-payload").get("spBv1.0");
const [way, file] = process.argv.slice(2);
const plain = (key, value) => {
  if (value && value.low !== undefined && value.high !== undefined) return BigInt.asIntN(64, (BigInt(value.high) << 32n) | BigInt(value.low >>> 0)).toString();
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
};
for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
  if (way === "read") console.log(JSON.stringify(codec.decodePayload(Buffer.from(line, "hex")), plain));
  else console.log(Buffer.from(codec.encodePayload(JSON.parse(line))).toString("hex"));
}
