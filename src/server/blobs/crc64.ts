/**
 * CRC-64 as Azure Blob Storage uses it in `x-ms-content-crc64` (CRC-64/NVME: reflected, all ones in and out). In two halves of
 * 32 bits, since JavaScript's 64-bit integers are far too slow for it.
 */
const POLYNOMIAL_HIGH = 0x9a6c9329;
const POLYNOMIAL_LOW = 0xac4bc9b5;

let tables: { high: Uint32Array; low: Uint32Array } | undefined;

function makeTables(): { high: Uint32Array; low: Uint32Array } {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let [h, l] = [0, byte];
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (l & 1) === 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (isOdd) [h, l] = [h ^ POLYNOMIAL_HIGH, l ^ POLYNOMIAL_LOW];
    }
    high[byte] = h;
    low[byte] = l;
  }
  return { high, low };
}

export class Crc64 {
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(data: Uint8Array): void {
    tables ??= makeTables();
    let [h, l] = [this.#high, this.#low];
    for (let index = 0; index < data.length; index++) {
      const byte = (l ^ (data[index] ?? 0)) & 0xff;
      l = ((l >>> 8) | (h << 24)) ^ (tables.low[byte] ?? 0);
      h = (h >>> 8) ^ (tables.high[byte] ?? 0);
    }
    this.#high = h >>> 0;
    this.#low = l >>> 0;
  }

  /** Base64 of its bytes, the lowest first, as the header has it. */
  digest(): string {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(~this.#low >>> 0, 0);
    bytes.writeUInt32LE(~this.#high >>> 0, 4);
    return bytes.toString('base64');
  }
}
