// A strict CSMS of OCPP 1.6 or 2.0.1, driven by one JSON object a line on stdin, telling what happens by one a line on stdout.
//
// in:  {"op":"send","n":1,"identity":"CP001","action":"Reset","payload":{}}    send a CALL
//      {"op":"raw","identity":"CP001","text":"..."}                            send anything
//      {"op":"reply","n":1,"action":"Authorize","payload":{}}                  answer so from now on (payload null: as usual)
//      {"op":"close","identity":"CP001"}                                       close its connection
// out: {"event":"listening","port":1}  {"event":"connected","identity":"CP001"}  {"event":"disconnected","identity":"CP001"}
//      {"event":"call","identity":"CP001","action":"...","payload":{}}         a CALL that was found valid
//      {"event":"answer","n":1,"payload":{}} or {"event":"answer","n":1,"error":{"code","message"}}
//      {"event":"error","identity":"CP001","kind":"...","detail":{}}           a frame that was refused, by either side

import readline from 'node:readline';
import rpc from 'ocpp-rpc';

const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const now = () => new Date().toISOString();
const accepted = { idTagInfo: { status: 'Accepted' } };

let transactions = 0;
const usual = {
  Authorize: (client) => (client.protocol === 'ocpp1.6' ? accepted : { idTokenInfo: { status: 'Accepted' } }),
  BootNotification: () => ({ status: 'Accepted', currentTime: now(), interval: 300 }),
  DataTransfer: () => ({ status: 'UnknownVendorId' }),
  Heartbeat: () => ({ currentTime: now() }),
  MeterValues: () => ({}),
  NotifyReport: () => ({}),
  StartTransaction: () => ({ ...accepted, transactionId: ++transactions }),
  StatusNotification: () => ({}),
  StopTransaction: () => accepted,
  TransactionEvent: (_client, { idToken }) => (idToken ? { idTokenInfo: { status: 'Accepted' } } : {}),
};
const scripted = {};
const clients = new Map();

const server = new rpc.RPCServer({ protocols: ['ocpp1.6', 'ocpp2.0.1'], strictMode: true, callTimeoutMs: 20000 });
server.auth((accept) => accept());
server.on('client', (client) => {
  const identity = client.identity;
  clients.set(identity, client);
  tell({ event: 'connected', identity });
  const fault = (kind, detail) => tell({ event: 'error', identity, kind, detail });
  client.on('close', () => {
    if (clients.get(identity) === client) clients.delete(identity);
    tell({ event: 'disconnected', identity });
  });
  client.on('strictValidationFailure', ({ method, params, result, error, outbound, isCall }) =>
    fault('invalid', { action: method, payload: isCall ? params : result, reason: error.message, ours: outbound, isCall }));
  client.on('badMessage', ({ buffer, error }) => fault('malformed', { text: buffer.toString('utf8'), reason: String(error) }));
  client.on('callError', ({ method, error, outbound }) =>
    fault('callerror', { action: method, code: error.rpcErrorCode ?? 'GenericError', reason: error.message, ours: outbound }));
  client.handle(({ method, params }) => {
    const answer = scripted[method] ?? usual[method]?.(client, params);
    if (answer === undefined) throw rpc.createRPCError('NotImplemented');
    tell({ event: 'call', identity, action: method, payload: params });
    return answer;
  });
});

const operations = {
  async send({ n, identity, action, payload }) {
    try {
      const client = clients.get(identity);
      if (!client) throw new Error(`${identity} is not connected`);
      tell({ event: 'answer', n, payload: await client.call(action, payload) });
    } catch (error) {
      tell({ event: 'answer', n, error: { code: error.rpcErrorCode ?? error.name, message: error.message } });
    }
  },
  raw: ({ identity, text }) => clients.get(identity)?.sendRaw(text),
  reply({ n, action, payload }) {
    if (payload === null) delete scripted[action];
    else scripted[action] = payload;
    tell({ event: 'answer', n, payload: {} });
  },
  close: ({ identity }) => clients.get(identity)?.close({ code: 1001, reason: 'asked to' }),
};

const http = await server.listen(0, '127.0.0.1');
tell({ event: 'listening', port: http.address().port });
const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const operation = JSON.parse(line);
  operations[operation.op](operation);
});
lines.on('close', () => process.exit(0)); // the tests have ended
