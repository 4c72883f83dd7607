/** The primitives of the diagram. The page and the exported picture draw the same shapes, each in its own colours. */
export type Shape =
  | {
      readonly is: "line";
      readonly look: Look;
      readonly tone?: number;
      readonly x1: number;
      readonly y1: number;
      readonly x2: number;
      readonly y2: number;
    }
  | { readonly is: "path"; readonly look: Look; readonly tone?: number; readonly d: string }
  | {
      readonly is: "dot";
      readonly look: Look;
      readonly tone?: number;
      readonly x: number;
      readonly y: number;
      readonly r: number;
    }
  | {
      readonly is: "box";
      readonly look: Look;
      readonly tone?: number;
      readonly x: number;
      readonly y: number;
      readonly w: number;
      readonly h: number;
      readonly r: number;
    }
  | {
      readonly is: "text";
      readonly look: Look;
      readonly tone?: number;
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly anchor: Anchor;
    };

export type Anchor = "start" | "middle" | "end";

/** The style of a shape: a CSS class in the page, attributes in a picture. */
export type Look =
  | "life"
  | "life-waits"
  | "life-service"
  | "arrow"
  | "head"
  | "segment"
  | "segment-head"
  | "dotted"
  | "cross"
  | "ring"
  | "halo"
  | "label"
  | "label-soft"
  | "time"
  | "client-box"
  | "client-name"
  | "service-box"
  | "service-name"
  | "gap-line"
  | "gap-text"
  | "row-mark"
  | "note-box"
  | "note-text"
  | "note-number";

/** Font sizes in pixels, used to measure text as well as to draw it. */
export const sizes = { label: 13, soft: 12, time: 11, name: 12.5, pill: 11.5 } as const;
