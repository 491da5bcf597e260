// What a client of the TypeScript SDKs does with the server. Both major versions of the SDK have nearly
// the same methods; where they differ, sdk1.mjs and sdk2.mjs say how.

import assert from 'node:assert/strict';

/** How long news may take to arrive, and a line to be left, in milliseconds. */
const DEADLINE = 20_000;

/** A validator of the SDK's own, that counts how often it was asked and what it said. */
export class Counted {
  #inner;
  said = [];

  constructor(inner) {
    this.#inner = inner;
  }

  getValidator(schema) {
    const validate = this.#inner.getValidator(schema);
    return (value) => {
      const result = validate(value);
      this.said.push(result.valid);
      return result;
    };
  }
}

/** Does the day's work as `me`, and returns how many tools there are. */
async function day({ client, validator, answers, call, subscribe }, me) {
  const { tools } = await client.listTools();
  const names = tools.map((tool) => tool.name);
  for (const name of ['status', 'lock', 'unlock']) assert.ok(names.includes(name), name);
  for (const tool of tools) assert.equal(tool.outputSchema?.type, 'object', tool.name);

  const status = await call('status', {});
  assert.equal(status.structuredContent.ok, true);
  assert.deepEqual(JSON.parse(status.content[0].text), status.structuredContent);

  const file = `src/${me}.rs`;
  const locked = await call('lock', { keys: [file], reason: 'a reason' });
  assert.ok(!locked.isError, JSON.stringify(locked));
  assert.equal(locked.structuredContent.locks[0].key, file);

  // A refusal is a result that a model reads, not an error of the protocol.
  const refused = await call('lock', { keys: ['taken.rs'] });
  assert.equal(refused.isError, true);
  assert.equal(refused.structuredContent.code, 'lock_held');
  assert.equal(refused.structuredContent.conflicts[0].by.agent, 'holder');

  const text = async (uri) => (await client.readResource({ uri })).contents[0].text;
  const held = JSON.parse(await text('coord://locks')).locks.map((lock) => lock.key);
  assert.ok(held.includes(file) && held.includes('taken.rs'), held.join());

  const prompt = await client.getPrompt({ name: 'edit-safely', arguments: { path: file } });
  assert.ok(prompt.messages[0].content.text.includes(file));
  const completed = await client.complete({
    ref: { type: 'ref/prompt', name: 'edit-safely' },
    argument: { name: 'path', value: 'tak' },
  });
  assert.deepEqual(completed.completion.values, ['taken.rs']);

  // News of a resource come to who asked for them.
  const news = Promise.withResolvers();
  await subscribe('coord://locks', news.resolve);
  const unlocked = await call('unlock', { keys: [file] });
  assert.equal(unlocked.structuredContent.ok, true);
  assert.equal(await within('news', news.promise), 'coord://locks');

  // One who waits is told why, and leaves the line by giving up: the server goes on.
  const patience = new AbortController();
  const told = Promise.withResolvers();
  const waits = call(
    'lock',
    { keys: ['taken.rs'], wait: '5m' },
    { signal: patience.signal, onprogress: (progress) => told.resolve(progress.message) },
  );
  assert.match(await within('progress', told.promise), /holder/);
  assert.ok((await text('coord://why/taken.rs')).includes(me));
  patience.abort('enough');
  await assert.rejects(waits);
  const gone = Date.now() + DEADLINE;
  while ((await text('coord://why/taken.rs')).includes(me)) {
    assert.ok(Date.now() < gone, 'who gave up stands in line still');
  }

  // A tool that is not there is an error of the protocol, and so is a resource.
  await assert.rejects(call('no_such_tool', {}), (why) => why.code === -32602);
  await assert.rejects(text('coord://none'), /coord:\/\/none/);

  // Every answer was held to its schema by the client itself.
  const { length } = validator.said;
  assert.ok(length >= answers, `${length} answers were validated`);
  assert.ok(validator.said.every((valid) => valid));
  return tools.length;
}

/** What is promised, or an error when it does not come in time. */
function within(what, promise) {
  const late = setTimeout(() => assert.fail(`no ${what}`), DEADLINE);
  return promise.finally(() => clearTimeout(late));
}

/** Runs one client with what the command line says, and prints what was seen. */
export async function main(connect) {
  const plan = JSON.parse(process.argv[2]);
  const connected = await connect(plan);
  assert.equal(connected.client.getServerVersion().name, 'git-coord');
  const tools = await day(connected, plan.me);
  console.log(JSON.stringify({ revision: connected.revision(), tools }));
  await connected.client.close();
}
