/** A sentence of the server's; what it quotes in backticks is code. */
export function Sentence({ text }: { text: string }) {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return text;
  return parts.map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts are told apart by their place only.
    index % 2 === 1 ? <code key={index}>{part}</code> : part,
  );
}
