import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepJson, toJson } from './kept-json.ts';

const inner = () => keepJson({ login: 'me', url: 'http://a/"quoted"' });
const outer = () => keepJson({ id: 1, owner: inner(), text: '\u0000 kept $& \\' });

describe('texts of objects that answers repeat', () => {
  it('are what JSON.stringify makes, wherever the objects are', () => {
    const [one, other] = [outer(), inner()];
    const value = { list: [one, { a: one, b: other }, null], other, last: [] };
    expect(toJson(value).text).toBe(JSON.stringify(value));
    expect(toJson(one).text).toBe(JSON.stringify(one));
    expect(toJson([]).text).toBe('[]');
  });

  it('have the same digest as the same text of other objects, and another as soon as something differs', () => {
    const digest = (more: object = {}): string => toJson({ list: [outer(), inner()], ...more }).digest;
    expect(digest()).toBe(digest());
    expect(digest({ x: 1 })).not.toBe(digest());
    expect(toJson({ list: [keepJson({ id: 2 })] }).digest).not.toBe(toJson({ list: [keepJson({ id: 3 })] }).digest);
  });

  it('are those of the object alone when it is copied', () => {
    expect(toJson({ ...inner(), more: 1 }).text).toBe('{"login":"me","url":"http://a/\\"quoted\\"","more":1}');
  });

  it('stay right after something that cannot be made into JSON', () => {
    expect(() => toJson([inner(), 1n])).toThrow(TypeError);
    const value = [inner()];
    expect(JSON.stringify(value)).toBe('[{"login":"me","url":"http://a/\\"quoted\\""}]');
    expect(toJson(value).text).toBe(JSON.stringify(value));
  });

  it('for any value with any objects kept in it', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue()).map((fields) => keepJson({ ...fields }));
    fc.assert(
      fc.property(fc.array(fc.oneof(object, fc.jsonValue(), fc.record({ in: object }))), (value) => {
        expect(toJson(value).text).toBe(JSON.stringify(value));
      }),
    );
  });
});
