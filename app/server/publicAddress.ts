import ipaddr from 'ipaddr.js';

/** What the registries give to networks that anyone can reach, of IPv6. */
const global = ipaddr.IPv6.parse('2000::');
const globalBits = 3;

/**
 * Whether an IP address is one of the public network: not private, loopback, link-local, reserved or for
 * several receivers, and not one of those in another guise (IPv4 in IPv6).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const plain = ipaddr.process(address);
  if (plain.range() !== 'unicast') return false;
  return plain instanceof ipaddr.IPv4 || plain.match(global, globalBits);
}

/** The IP address that a URL's host is, without the brackets; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}
