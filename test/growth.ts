/**
 * By how much more of the processor's time a text of 16 times the length takes: about 16 where the time grows with the
 * length, 256 where it grows with its square.
 * @param textOf a text of so many parts.
 * @param read may throw.
 */
export async function growthOf(
  textOf: (parts: number) => string,
  read: (text: string) => unknown,
  few = 1000,
): Promise<number> {
  const timeOf = async (parts: number) => {
    const text = textOf(parts);
    const { user } = process.cpuUsage();
    try {
      await read(text);
    } catch {}
    return process.cpuUsage().user - user;
  };
  await timeOf(few);
  const before = await timeOf(few);
  // What is done in no time is not measured well.
  return (await timeOf(16 * few)) / Math.max(before, 5000);
}
