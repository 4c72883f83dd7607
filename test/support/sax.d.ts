/** The part of sax that we use: the package ships without types. */
declare module "sax" {
  export interface Tag {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
  }
  export interface Parser {
    /** Counted from 0. */
    readonly line: number;
    /** Characters read of the line. */
    readonly column: number;
    onopentag: (tag: Tag) => void;
    onclosetag: (name: string) => void;
    ontext: (text: string) => void;
    oncdata: (text: string) => void;
    onattribute: (attribute: { readonly name: string }) => void;
    ondoctype: () => void;
    onerror: (error: Error) => void;
    write(text: string): Parser;
    close(): Parser;
  }
  const sax: { parser(strict: boolean, options: { readonly strictEntities: boolean }): Parser };
  export default sax;
}
