// The official TypeScript SDK, major version 1: what most clients are built with.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';

import { Counted, main } from './day.mjs';

await main(async (plan) => {
  const transport = plan.url
    ? new StreamableHTTPClientTransport(new URL(plan.url), { requestInit: { headers: plan.headers } })
    : new StdioClientTransport({ ...plan.program, stderr: 'inherit' });
  // The handshake's result is told to the transport only, and only over HTTP to ours.
  let revision;
  const tell = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    revision = version;
    tell?.(version);
  };
  const validator = new Counted(new AjvJsonSchemaValidator());
  const client = new Client({ name: 'sdk1', version: '1' }, { jsonSchemaValidator: validator });
  await client.connect(transport);
  return {
    client,
    validator,
    // This version holds refusals to the schema too.
    answers: 4,
    revision: () => revision,
    call: (name, given, options) => client.callTool({ name, arguments: given }, undefined, options),
    subscribe: (uri, updated) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updated(params.uri));
      return client.subscribeResource({ uri });
    },
  };
});
