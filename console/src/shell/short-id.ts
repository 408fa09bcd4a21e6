/** Enough of an id to tell it from the others in sight: `UUID@node` by its first eight digits. */
export const shortId = (id: string): string => (id.length <= 12 ? id : id.slice(0, 8));
