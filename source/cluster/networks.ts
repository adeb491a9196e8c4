type Range = { readonly first: number; readonly last: number };

function addressNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function rangeOf(cidr: string): Range {
  const [address = '', prefix = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(prefix));
  const first = Math.floor(addressNumber(address) / size) * size;
  return { first, last: first + size - 1 };
}

/** Whether two IPv4 networks share an address. */
export function networksOverlap(left: string, right: string): boolean {
  const one = rangeOf(left);
  const other = rangeOf(right);
  return one.first <= other.last && other.first <= one.last;
}

/** Whether an IPv4 address lies in a network. */
export function networkContains(cidr: string, address: string): boolean {
  return networksOverlap(cidr, `${address}/32`);
}

/** The address that stands so many places after the first of a network. */
export function addressInNetwork(cidr: string, place: number): string {
  const value = rangeOf(cidr).first + place;
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}
