// Put into the code by build.js.
declare const WORKSPACE_SCRIPT: string
declare const WORKSPACE_STYLES: string
declare const FORMULA_STYLES: string
