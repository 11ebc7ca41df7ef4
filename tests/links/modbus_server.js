// An independent Modbus TCP server for the tests: register n of device 1 holds n; device 2 refuses; coil n is on where n is odd.
const { ServerTCP } = require("modbus-serial");
const port = Number(process.argv[2]);
const floats = Buffer.alloc(8);
floats.writeFloatBE(173.25, 0);
floats.writeInt32BE(-70000, 4);
function word(address) {
  if (address >= 1000 && address < 1004) return floats.readUInt16BE((address - 1000) * 2);
  return address & 0xffff;
}
const refusing = (unit) => { if (unit === 2) { const e = new Error("no such address"); e.modbusErrorCode = 2; throw e; } };
const server = new ServerTCP({
  getInputRegister: (address, unit) => { refusing(unit); return word(address); },
  getMultipleHoldingRegisters: (first, count, unit) => { refusing(unit); return Array.from({ length: count }, (_, n) => word(first + n)); },
  getMultipleInputRegisters: (first, count, unit) => { refusing(unit); return Array.from({ length: count }, (_, n) => word(first + n)); },
  getHoldingRegister: (address, unit) => { refusing(unit); return word(address); },
  getCoil: (address) => address % 2 === 1,
  getDiscreteInput: (address) => address % 2 === 0,
}, { host: "127.0.0.1", port, debug: false, unitID: 0 });
server.on("initialized", () => console.log("ready"));
