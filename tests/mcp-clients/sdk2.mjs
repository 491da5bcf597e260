// The official TypeScript SDK, major version 2: with the handshake (legacy) and without it (auto).

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';

import { Counted, main } from './day.mjs';

await main(async (plan) => {
  const transport = plan.url
    ? new StreamableHTTPClientTransport(new URL(plan.url), { requestInit: { headers: plan.headers } })
    : new StdioClientTransport({ ...plan.program, stderr: 'inherit' });
  const validator = new Counted(new AjvJsonSchemaValidator());
  const client = new Client(
    { name: 'sdk2', version: '1' },
    { jsonSchemaValidator: validator, versionNegotiation: { mode: plan.lifecycle } },
  );
  await client.connect(transport);
  return {
    client,
    validator,
    answers: 3,
    revision: () => client.getNegotiatedProtocolVersion(),
    call: (name, given, options) => client.callTool({ name, arguments: given }, options),
    subscribe: (uri, updated) => {
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => updated(params.uri));
      return plan.lifecycle === 'legacy'
        ? client.subscribeResource({ uri })
        : client.listen({ resourceSubscriptions: [uri] });
    },
  };
});
