// Ways out of a document that loads nothing. Each names a host of its own below what is given, so that whoever resolves or reaches it is found out.

/** @param {(way: string) => string} at an address that nobody may reach @returns {Record<string, string>} */
export function htmlWays(at) {
  const host = (/** @type {string} */ way) => at(way).replace(/^http:/, "")
  const css = (/** @type {string} */ way) => `u\\72l(${at(way)})`
  return {
    ...Object.fromEntries(["preconnect", "dns-prefetch", "prefetch", "preload", "modulepreload", "stylesheet", "icon", "manifest", "prerender", "next", "compression-dictionary", "preconnect dns-prefetch"]
      .map((rel) => [`link ${rel}`, `<link rel="${rel}" href="${at(`link-${rel.replace(/\W/g, "-")}`)}" as="image" crossorigin>`])),
    "link without a scheme": `<link rel=preconnect href="${host("link-scheme")}">`,
    "link imagesrcset": `<link rel=preload as=image imagesrcset="${at("link-srcset")} 1x">`,
    "link in a head": `<!doctype html><html><head><link rel=preconnect href="${at("head-link")}"><style>@import "${at("head-import")}";</style></head><body>x</body></html>`,
    "meta refresh": `<meta http-equiv="refresh" content="0;url=${at("meta-refresh")}">`,
    "meta dns": `<meta http-equiv="x-dns-prefetch-control" content="on"><a href="${at("meta-dns")}">x</a>`,
    "base": `<base href="${at("base")}/"><img src="a.png"><a href="b">x</a>`,
    "frames": `<iframe src="${at("iframe")}"></iframe><iframe srcdoc="<link rel=preconnect href='${at("srcdoc")}'>"></iframe><frameset><frame src="${at("frame")}"></frameset>`,
    "embeds": `<object data="${at("object")}"></object><embed src="${at("embed")}"><portal src="${at("portal")}"></portal><fencedframe src="${at("fenced")}"></fencedframe><applet code="${at("applet")}"></applet>`,
    "pictures": `<img src="${at("img")}"><img srcset="${at("srcset")} 2x"><picture><source srcset="${at("picture")}"><img></picture><image src="${at("image")}"><input type=image src="${at("input")}">`,
    "media": `<video src="${at("video")}" poster="${at("poster")}" autoplay preload=auto><track src="${at("track")}" default></video><audio src="${at("audio")}" autoplay></audio>`,
    "backgrounds": `<table background="${at("table-bg")}"><tr><td background="${at("td-bg")}">x</table><div lowsrc="${at("lowsrc")}" dynsrc="${at("dynsrc")}">x</div>`,
    "body": `<body background="${at("body-bg")}" onload="fetch('${at("body-load")}')">x`,
    "links": `<a href="${at("a")}" ping="${at("ping")}">one</a><map name=m><area href="${at("area")}" shape=default></map><img usemap="#m"><a href="${host("a-scheme")}">two</a>`,
    "forms": `<form action="${at("form")}"><input name=x value=y autofocus><button formaction="${at("formaction")}">x</button></form><isindex action="${at("isindex")}">`,
    "scripts": `<script>fetch("${at("script")}")</script><script type="speculationrules">{"prefetch":[{"urls":["${at("speculate")}"]}],"prerender":[{"urls":["${at("prerender-rule")}"]}]}</script><script type=importmap>{"imports":{"a":"${at("importmap")}"}}</script><img src=x onerror="fetch('${at("onerror")}')">`,
    "styles": `<div style="background:url(${at("style-url")});list-style-image:${css("style-escape")};cursor:url(${at("cursor")}),auto;mask-image:url(${at("mask")});filter:url(${at("filter")}#f);clip-path:url(${at("clip")}#c);border-image:url(${at("border")}) 1;shape-outside:url(${at("shape")});content:url(${at("content")})">x</div>`,
    "image sets": `<div style="background:image-set('${at("image-set")}' 1x);background-image:-webkit-image-set(url(${at("webkit-set")}) 1x);--a:url(${at("variable")});list-style:var(--a)">x</div><div style="background:var(--none) url(${at("shorthand")})">x</div>`,
    "sheets": `<style>@import url("${at("import-url")}");@import "${at("import")}" layer(x);@font-face{font-family:f;src:url(${at("font")})}@namespace url(${at("namespace")});p{font-family:f;background:url(${at("sheet-url")})}@media all{p{background:${css("sheet-escape")}}}@supports (color:red){p::before{content:url(${at("sheet-content")})}}p{&:hover{background:url(${at("nested")})}}@keyframes k{from{background:url(${at("keyframe")})}}p{animation:k 1s}@property --b{syntax:"<url>";inherits:false;initial-value:url(${at("property")})}</style><p>x`,
    "end of a sheet in a string": `<style>p::before{content:"\\3c/style\\3e\\3clink rel=preconnect href=${at("css-string")}\\3e"}a[title="\\3c/style\\3e\\3clink rel=preconnect href=${at("css-selector")}\\3e"]{color:red}</style><p>x`,
    "svg": `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image href="${at("svg-image")}" width=1 height=1 /><image xlink:href="${at("svg-xlink")}" width=1 height=1 /><use href="${at("svg-use")}#a"/><a href="${at("svg-a")}"><text y=10>x</text></a><filter id=f><feImage href="${at("svg-fe")}"/></filter><rect width=9 height=9 filter="url(${at("svg-filter")}#f)" fill="url(${at("svg-fill")}#a)" mask="${css("svg-mask")}" marker-end="url('${at("svg-marker")}#m')" /><style>@import "${at("svg-import")}";rect{fill:url(${at("svg-css")}#x)}</style><foreignObject><link rel=preconnect href="${at("svg-foreign")}"><iframe src="${at("svg-frame")}"></iframe></foreignObject></svg>`,
    "svg moves": `<svg><image id=i width=9 height=9><set attributeName=href to="${at("svg-set")}" /><animate attributeName="xlink:href" values="${at("svg-animate")}" begin=0s dur=1s /></image><script href="${at("svg-script")}"></script><use><set attributeName=href to="data:image/svg+xml,x#a"/></use></svg>`,
    "mathml": `<math href="${at("math")}"><mglyph src="${at("mglyph")}"/><maction actiontype="statusline#${at("maction")}"><mi xlink:href="${at("mi")}">x</mi></maction><annotation-xml encoding="text/html"><link rel=preconnect href="${at("annotation")}"></annotation-xml></math>`,
    "markup that changes when it is read again": [
      `<math><mtext><table><mglyph><style><!--</style><link rel=preconnect href=${at("mutation-1")}>--></style></mglyph></table></mtext></math>`,
      `<svg></p><style><a title="</style><link rel=preconnect href=${at("mutation-2")}>">`,
      `<form><math><mtext></form><form><mglyph><style></math><link rel=preconnect href=${at("mutation-3")}>`,
      `<noscript><style></noscript><link rel=preconnect href=${at("mutation-4")}></style></noscript>`,
      `<noscript><p title="</noscript><link rel=preconnect href=${at("mutation-5")}>"></noscript>`,
      `<select><template><style><!--</style><a rel="--></style></template></select><link rel=preconnect href=${at("mutation-6")}>">`,
      `<textarea><p title="</textarea><link rel=preconnect href=${at("mutation-7")}>"></textarea><title><p title="</title><link rel=preconnect href=${at("mutation-8")}>"></title>`,
      `<xmp><p title="</xmp><link rel=preconnect href=${at("mutation-9")}>"></xmp><noembed><p title="</noembed><link rel=preconnect href=${at("mutation-10")}>"></noembed>`,
      `<!--><link rel=preconnect href=${at("mutation-11")}>--><?x ><link rel=preconnect href=${at("mutation-12")}>?><![CDATA[><link rel=preconnect href=${at("mutation-13")}>]]>`,
      `<svg><![CDATA[</svg><link rel=preconnect href=${at("mutation-14")}>]]></svg>${"<div>".repeat(600)}<table><a><svg><desc><link rel=preconnect href=${at("mutation-15")}>`,
      `<a style="x:</style><link rel=preconnect href=${at("mutation-16")}>" title="\`\`onmouseover=fetch('${at("mutation-17")}')">x</a><plaintext><link rel=preconnect href=${at("mutation-18")}>`,
    ].join("\n"),
    "shadows": `<div><template shadowrootmode=open><link rel=preconnect href="${at("shadow")}"></template></div><template><link rel=preconnect href="${at("template")}"></template><x-y is="link" rel=preconnect href="${at("custom")}"></x-y>`,
  }
}

/** @param {(way: string) => string} at @returns {Record<string, string>} */
export function svgWays(at) {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:h="http://www.w3.org/1999/xhtml" width="40" height="20">`
  return {
    "what is drawn": `${open}<image href="${at("pic-image")}" width="9" height="9"/><use xlink:href="${at("pic-use")}#a"/><rect width="9" height="9" fill="url(${at("pic-fill")}#f)" style="filter:url(${at("pic-filter")}#f)"/><style>@import "${at("pic-import")}"; rect{mask:url(${at("pic-mask")}#m)}</style></svg>`,
    "what is no drawing": `<?xml version="1.0"?><?xml-stylesheet href="${at("pic-sheet")}" type="text/css"?><!DOCTYPE svg [<!ENTITY x "<h:link xmlns:h='http://www.w3.org/1999/xhtml' rel='preconnect' href='${at("pic-entity")}'/>">]>${open}&x;<h:link rel="preconnect" href="${at("pic-link")}"/><foreignObject><h:iframe src="${at("pic-frame")}"/><h:img src="${at("pic-img")}"/></foreignObject><script>fetch("${at("pic-script")}")</script><a href="${at("pic-a")}"><text y="9">x</text></a><image width="9" height="9"><set attributeName="href" to="${at("pic-set")}"/></image></svg>`,
  }
}

/** @param {(way: string) => string} at */
export function markdownWays(at) {
  return [
    `[one](${at("md-link")}) <${at("md-auto")}> ![two](${at("md-image")}) [three][t]`, "", `[t]: ${at("md-reference")} "title"`, "",
    `<link rel=preconnect href="${at("md-html")}"><iframe src="${at("md-frame")}"></iframe>`, "", `$\\href{${at("md-formula")}}{x}$ $\\includegraphics{${at("md-figure")}}$`,
  ].join("\n")
}
