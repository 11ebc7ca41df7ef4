// An independent OPC UA server for the tests: so many variables, all changed on a tick; it stops when its input closes.
const { OPCUAServer, Variant, DataType, StatusCodes, standardUnits } = require("node-opcua");
const [port, many, every] = process.argv.slice(2).map(Number);
(async () => {
  const server = new OPCUAServer({
    port, hostname: "127.0.0.1", maxConnectionsPerEndpoint: 10,
    serverCapabilities: { maxMonitoredItems: 200000, maxMonitoredItemsPerSubscription: 100000, maxMonitoredItemsQueueSize: 1000,
                          operationLimits: { maxMonitoredItemsPerCall: 1000 } },
  });
  await server.initialize();
  const space = server.engine.addressSpace, own = space.getOwnNamespace();
  const press = own.addObject({ organizedBy: space.rootFolder.objects, browseName: "Press1" });
  const variables = [];
  for (let n = 0; n < many; n++) {
    variables.push(own.addVariable({ componentOf: press, nodeId: `s=press1.signal${n}`, browseName: `signal${n}`, dataType: "Double",
                                     value: { dataType: DataType.Double, value: 0 } }));
  }
  own.addAnalogDataItem({ componentOf: press, nodeId: "s=press1.temperature", browseName: "temperature", dataType: "Double",
                          engineeringUnits: standardUnits.degree_celsius, engineeringUnitsRange: { low: 0, high: 250 },
                          value: { dataType: DataType.Double, value: 173 } });
  own.addVariable({ componentOf: press, nodeId: "s=press1.name", browseName: "name", dataType: "String",
                    value: { dataType: DataType.String, value: "press" } });
  const polled = own.addVariable({ componentOf: press, nodeId: "s=press1.polled", browseName: "polled", dataType: "Double",
                                   minimumSamplingInterval: 400, value: { dataType: DataType.Double, value: 0 } });
  await server.start();
  let tick = 0;
  setInterval(() => {
    tick++;
    polled.setValueFromSource(new Variant({ dataType: DataType.Double, value: tick }));
    for (let n = 0; n < many; n++) {
      const status = n === 1 && tick % 2 ? StatusCodes.BadSensorFailure : StatusCodes.Good;
      variables[n].setValueFromSource(new Variant({ dataType: DataType.Double, value: n === 2 ? NaN : n * 1000 + tick }), status);
    }
  }, every);
  console.log("ready");
})();
