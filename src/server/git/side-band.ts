/** Git's packet lines and its side band, as far as a push's own output needs them (gitprotocol-common, -pack). */

const FLUSH = '0000';
const LENGTH_BYTES = 4;
/** Progress: the client prints it with `remote: ` before each line. */
const PROGRESS_BAND = 2;
/** Times at most four bytes: a packet of plain `side-band` holds 1000 bytes. */
const CHARACTERS_PER_PACKET = 240;

/**
 * Passes receive-pack's answer on and, before the flush that ends it, adds lines that the client prints. They are asked
 * for when git has said everything else. A client that did not negotiate a side band gets the answer unchanged.
 */
export async function* addClosingLines(
  answer: AsyncIterable<Buffer>,
  closingLines: () => Promise<string[]>,
): AsyncGenerator<Buffer> {
  const packets = new PacketReader();
  let isHeld = false;
  for await (const piece of answer) {
    for (const packet of packets.push(piece)) {
      if (isHeld) yield Buffer.from(FLUSH);
      isHeld = packet.length === LENGTH_BYTES && packet.toString('latin1') === FLUSH;
      if (!isHeld) yield packet;
    }
  }
  const lines = await closingLines();
  if (packets.usesSideBand) yield* lines.flatMap(progressPackets);
  if (isHeld) yield Buffer.from(FLUSH);
  if (packets.rest.length > 0) yield packets.rest;
}

class PacketReader {
  rest: Buffer = Buffer.alloc(0);
  usesSideBand = false;
  #isRaw = false;

  *push(piece: Buffer): Generator<Buffer> {
    this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, piece]) : piece;
    while (this.rest.length >= LENGTH_BYTES) {
      const length = this.#lengthOfNext();
      if (this.rest.length < length) return;
      const packet = this.rest.subarray(0, length);
      this.rest = this.rest.subarray(length);
      const band = packet[LENGTH_BYTES] ?? 0;
      if (!this.#isRaw && band >= 1 && band <= 3) this.usesSideBand = true;
      yield packet;
    }
  }

  #lengthOfNext(): number {
    const text = this.rest.toString('latin1', 0, LENGTH_BYTES);
    // Not packet lines, such as a page of text with an error: nothing is to be added.
    if (!/^[0-9a-f]{4}$/i.test(text)) this.#isRaw = true;
    if (this.#isRaw) {
      this.usesSideBand = false;
      return this.rest.length;
    }
    // 0 to 2 are flush, delimiter and response end: no content.
    return Math.max(Number.parseInt(text, 16), LENGTH_BYTES);
  }
}

function progressPackets(line: string): Buffer[] {
  // Names come from files that were pushed: none may steer the terminal.
  const characters = Array.from(`${line.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')}\n`);
  const packets: Buffer[] = [];
  for (let at = 0; at < characters.length; at += CHARACTERS_PER_PACKET) {
    const text = Buffer.from(characters.slice(at, at + CHARACTERS_PER_PACKET).join(''));
    const length = (LENGTH_BYTES + 1 + text.length).toString(16).padStart(LENGTH_BYTES, '0');
    packets.push(Buffer.concat([Buffer.from(length), Buffer.from([PROGRESS_BAND]), text]));
  }
  return packets;
}
