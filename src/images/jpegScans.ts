const [soi, eoi, sos, rst0, rst7] = [0xd8, 0xd9, 0xda, 0xd0, 0xd7];

/**
 * How many scans a JPEG file has, counted up to `most`. Decoding goes over the whole picture for each of them, however
 * little is in it: a progressive file has about ten, and a small one can have hundreds of thousands.
 */
export function jpegScans(file: Uint8Array, most: number): number {
  let scans = 0;
  for (let at = 0; at + 1 < file.length && scans < most; ) {
    const marker = file[at + 1];
    // What lies between markers, and zeros, belongs to a scan; fill bytes may come before a marker.
    if (file[at] !== 0xff || marker === 0 || marker === 0xff) {
      at++;
      continue;
    }
    at += 2;
    if (marker === soi || (marker >= rst0 && marker <= rst7)) continue;
    if (marker === eoi) break;
    if (marker === sos) scans++;
    at += (file[at] << 8) | file[at + 1];
  }
  return scans;
}
