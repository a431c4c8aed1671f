import { render } from "preact";
import "./style/index.css";
import { App } from "./app";
import { startTheme } from "./state/theme";

startTheme();
const place = document.getElementById("page");
if (place !== null) render(<App />, place);
