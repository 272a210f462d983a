// Speaks for npm `age-encryption`: a list of wishes as JSON on standard input, the list of answers on standard output.
// Bytes travel in base64. It knows our context stanza and our frame from docs/protocol.md alone.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { bech32 } from "@scure/base";
import { Decrypter, Encrypter, Stanza, identityToRecipient } from "age-encryption";

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (raw) => Buffer.from(raw).toString("base64");
const identity = (seed) => bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", bytes(seed)).toUpperCase();
const recipient = async (seed) => identityToRecipient(identity(seed));

const wishes = {
  // The public half of a seed, 1216 bytes.
  async recipient({ seed }) {
    return text(new Uint8Array(bech32.fromWords(bech32.decode(await recipient(seed), false).words)));
  },
  // The plaintext of a file, frame included.
  async open({ seed, file }) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity(seed));
    return text(await decrypter.decrypt(bytes(file)));
  },
  // A file of ours, made by somebody else: context stanza, length, words, zeros.
  async seal({ seeds, words, size, context }) {
    const encrypter = new Encrypter();
    if (context !== undefined) {
      const hash = createHash("sha256").update(bytes(context)).digest("base64").replace(/=+$/, "");
      encrypter.addRecipient({ wrapFileKey: () => [new Stanza(["subrosa/context", hash], new Uint8Array())] });
    }
    for (const seed of seeds) encrypter.addRecipient(await recipient(seed));
    const said = bytes(words);
    const frame = new Uint8Array(size);
    new DataView(frame.buffer).setUint32(0, said.length);
    frame.set(said, 4);
    return text(await encrypter.encrypt(frame));
  },
};

const answers = [];
for (const { wish, ...given } of JSON.parse(readFileSync(0, "utf8"))) answers.push(await wishes[wish](given));
process.stdout.write(JSON.stringify(answers));
