import { render } from "preact";
import { App } from "./components/app.tsx";
import { pollLab } from "./state/lab.ts";
import { watchLanguage, watchTheme } from "./state/preferences.ts";
import { guardRecording } from "./state/recording.ts";
import { watchRoute } from "./state/route.ts";

const root = document.getElementById("app");
if (root === null) throw new Error('The page has no element "app" to draw in');
root.replaceChildren();
watchLanguage();
render(<App />, root);
watchTheme();
watchRoute();
guardRecording();
pollLab();
