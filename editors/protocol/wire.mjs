// SPDX-License-Identifier: Apache-2.0

// Listens in on the wire, with framing of its own, and holds every message of
// the server's against its schema.

export class Wire {
  constructor(schemas) {
    this.schemas = schemas;
    this.asked = new Map(); // requests of the client, by id
    this.problems = [];
    this.seen = new Map(); // how often each kind of message came
    this.rest = { client: Buffer.alloc(0), server: Buffer.alloc(0) };
  }

  /** Takes a piece of what one side said. */
  take(side, piece) {
    let rest = Buffer.concat([this.rest[side], piece]);
    for (;;) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) break;
      const length = /^Content-Length: (\d+)$/m.exec(rest.subarray(0, end).toString("ascii").replaceAll("\r", ""));
      if (!length) {
        this.problems.push(`a header without a length: ${rest.subarray(0, end)}`);
        break;
      }
      const begin = end + 4;
      const stop = begin + Number(length[1]);
      if (rest.length < stop) break;
      this.#message(side, JSON.parse(rest.subarray(begin, stop).toString("utf8")));
      rest = rest.subarray(stop);
    }
    this.rest[side] = rest;
  }

  #message(side, message) {
    if (side === "client") {
      if (message.method && message.id !== undefined) this.asked.set(message.id, message.method);
      return;
    }
    if (message.jsonrpc !== "2.0") this.problems.push(`no JSON-RPC 2.0: ${JSON.stringify(message).slice(0, 200)}`);
    if (message.method !== undefined) {
      this.#count(message.method);
      this.problems.push(...this.schemas.params(message.method, message.params));
      return;
    }
    const method = this.asked.get(message.id);
    if (method === undefined) {
      if (message.id !== null) this.problems.push(`an answer to nothing that was asked: ${JSON.stringify(message).slice(0, 200)}`);
      return;
    }
    this.asked.delete(message.id);
    if (message.error !== undefined) {
      this.#count(`${method} (error)`);
      const { code, message: text } = message.error;
      if (!Number.isInteger(code) || typeof text !== "string" || text === "" || "result" in message) this.problems.push(`not a proper error: ${JSON.stringify(message)}`);
      return;
    }
    this.#count(`${method} (answer)`);
    this.problems.push(...this.schemas.result(method, message.result));
  }

  #count(kind) {
    this.seen.set(kind, (this.seen.get(kind) ?? 0) + 1);
  }
}
