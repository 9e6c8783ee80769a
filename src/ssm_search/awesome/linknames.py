"""What a link is called: by its label, its badge or its host."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qs, unquote, urlsplit

from ssm_search.awesome.labels import without_remark
from ssm_search.text import shown

# What lists call a link → its name. Names of labels that others use too are the list's own words.
STANDARD = MappingProxyType(
    {
        word.strip(): name
        for name, words in {
            "Project": """project, projects, project page, project website, project site,
                project homepage, project link, 项目, 项目主页, 项目地址, 项目网站, 项目页""",
            "alphaXiv": "alphaxiv",
            "Hugging Face": "hf, huggingface, hugging face, 🤗, hugging face page",
            "Video": "video, videos, video demo, presentation video, 视频, 動画, ビデオ, vídeo",
            "YouTube": "youtube",
            "Bilibili": "bilibili, b站",
            "Slides": "slide, slides, ppt, pptx, keynote, 幻灯片, スライド",
            "Poster": "poster, 海报",
            "Talk": "talk, oral talk",
            "Data": "data, dataset, datasets, 数据, 数据集, データ, データセット",
            "Demo": "demo, demos, online demo, live demo, web demo, 演示",
            "Model": "model, models, 模型, モデル",
            "Weights": "weight, weights, model weights, checkpoint, checkpoints, ckpt, 权重",
            "Blog": "blog, blogs, blog post, blogpost, 博客, 博文, ブログ",
            "Docs": "doc, docs, documentation, 文档",
            "Supplement": """supp, suppl, supplement, supplementary, supplementary material,
                supplementary materials, supplemental, appendix, 附录, 补充材料""",
            "OpenReview": "openreview, open review",
            "Code": """code, codes, source code, implementation, 代码, 代碼, コード, 코드, código,
                код""",
            "GitHub": "github, git, repo, repository, github repo",
            "Colab": "colab, google colab",
            "Notebook": "notebook, jupyter notebook",
            "PyTorch": "pytorch, torch",
            "TensorFlow": "tensorflow, tf",
            "JAX": "jax",
            "X": "twitter, tweet, x",
            "Zhihu": "zhihu, 知乎",
            "Reddit": "reddit",
            "Medium": "medium",
            "BibTeX": "bibtex, bib",
            "Leaderboard": "leaderboard, leader board, 排行榜",
            "Benchmark": "benchmark",
            "Tutorial": "tutorial, 教程",
            "Review": "review, reviews",
        }.items()
        for word in words.split(",")
    }
)
# Labels that say less than where the link leads → what it is called if even that says nothing.
VAGUE = MappingProxyType(
    {
        word.strip(): name
        for name, words in {
            "Project": """website, web, webpage, web page, web site, site, home, homepage,
                home page, page, official website, official site, 主页, 官网, 网站, ホームページ""",
            "Paper": """paper, papers, article, publication, thesis, published, proceedings,
                proceeding, journal, conference, preprint, paper link, paper page, official,
                official version, published version, version, report, technical report, 论文, 論文,
                논문, 论文链接, 论文地址""",
            "PDF": "pdf, paper pdf, pdf link",
            "": """link, links, url, here, source, arxiv, abs, html, doi, download, available,
                enlace, lien, resource, resources, material, materials, abstract, 链接,
                地址, 链接地址, リンク, 링크, ссылка""",
        }.items()
        for word in words.split(",")
    }
)
# Of a project's pages, a name for where they lie would say less.
_PAGES = ("github.io", "gitlab.io", "netlify.app", "vercel.app", "pages.dev", "sites.google.com")
_HOSTS = MappingProxyType(
    {
        "alphaxiv.org": "alphaXiv",
        "ar5iv.org": "ar5iv",
        "ar5iv.labs.arxiv.org": "ar5iv",
        "huggingface.co": "Hugging Face",
        "hf.co": "Hugging Face",
        "openreview.net": "OpenReview",
        "youtube.com": "YouTube",
        "youtu.be": "YouTube",
        "vimeo.com": "Vimeo",
        "bilibili.com": "Bilibili",
        "slideslive.com": "SlidesLive",
        "mp.weixin.qq.com": "WeChat",
        "zhuanlan.zhihu.com": "Zhihu",
        "colab.research.google.com": "Colab",
        "modelscope.cn": "ModelScope",
        "semanticscholar.org": "Semantic Scholar",
        "paperswithcode.com": "Papers with Code",
        "papers.cool": "Cool Papers",
        "doi.org": "DOI",
        "ieeexplore.ieee.org": "IEEE",
        "computer.org": "IEEE",
        "dl.acm.org": "ACM",
        "link.springer.com": "Springer",
        "sciencedirect.com": "ScienceDirect",
        "linkinghub.elsevier.com": "ScienceDirect",
        "onlinelibrary.wiley.com": "Wiley",
        "nature.com": "Nature",
        "mdpi.com": "MDPI",
        "openaccess.thecvf.com": "CVF",
        "ecva.net": "ECVA",
        "aclanthology.org": "ACL Anthology",
        "aclweb.org": "ACL Anthology",
        "proceedings.mlr.press": "PMLR",
        "papers.nips.cc": "NeurIPS",
        "proceedings.neurips.cc": "NeurIPS",
        "ojs.aaai.org": "AAAI",
        "isca-archive.org": "ISCA",
        "biorxiv.org": "bioRxiv",
        "medrxiv.org": "medRxiv",
        "chemrxiv.org": "ChemRxiv",
        "pubmed.ncbi.nlm.nih.gov": "PubMed",
        "ncbi.nlm.nih.gov": "PubMed",
        "ssrn.com": "SSRN",
    }
)
# Hosts of what tells about a paper: a link there does, whatever its text is, as an article's title.
TELLING = frozenset(
    """alphaxiv.org youtube.com youtu.be vimeo.com bilibili.com slideslive.com mp.weixin.qq.com
    zhuanlan.zhihu.com colab.research.google.com modelscope.cn papers.cool""".split()
)
_PLAIN_HOSTS = MappingProxyType(
    {
        "github.com": "GitHub",
        "gitlab.com": "GitLab",
        "gitee.com": "Gitee",
        "drive.google.com": "Google Drive",
        "docs.google.com": "Google Docs",
        "kaggle.com": "Kaggle",
        "zenodo.org": "Zenodo",
        "medium.com": "Medium",
        "twitter.com": "X",
        "x.com": "X",
        "zhihu.com": "Zhihu",
        "reddit.com": "Reddit",
    }
)
_BADGE = re.compile(r"(?i)^https?://(?:img\.)?(?:shields\.io|badgen\.net|custom-icon-badges\.\w+)/")
_BADGE_TEXT = re.compile(r"/badge/(?:static/)?([^?#]+)")
_SHORTCODE = re.compile(r":[a-z0-9_+-]{2,40}:")
_EDGES = " \t\n.,;:!·•|/\\-–—_*#~'\"`“”‘’[]{}()（）【】「」《》<>→⇒←↗✓✔✅✨🔥"


def as_label(text: str) -> str:
    """``text`` as the tables above have it: "project page" of "Project-Page"."""
    return text.casefold().replace("-", " ").replace("_", " ")


def name_by_label(text: str) -> str:
    """What a link is called after its text, with a remark in brackets: "Model (7B)"; or ""."""
    if name := STANDARD.get(as_label(text)):
        return name
    label = without_remark(text)
    name = STANDARD.get(as_label(label), "")
    return f"{name} {text[len(label) :].strip()}" if name else ""


def on_badge(image: str) -> str:
    """What a badge says: "Website" of "img.shields.io/badge/Website-9cf"; "" of another image."""
    if not _BADGE.match(image):
        return ""
    if match := _BADGE_TEXT.search(image):
        dashes = unquote(match[1]).removesuffix(".svg").replace("--", "\0").replace("__", "\1")
        parts = dashes.replace("/", "-").split("-")
        parts = parts[:-1] or parts  # the last is its colour
        said = [part.replace("_", " ").replace("\0", "-").replace("\1", "_") for part in parts]
    else:
        query = parse_qs(urlsplit(image).query)
        said = [*query.get("label", []), *query.get("message", [])]
    said = [cleaned(part) for part in said]
    known = (one for one in said if as_label(one) in STANDARD or as_label(one) in VAGUE)
    return next(known, " ".join(filter(None, said)))


@lru_cache(maxsize=4096)
def cleaned(text: str) -> str:
    """``text`` on a line without emoji, marks and brackets around it."""
    text = _SHORTCODE.sub(" ", text)
    kept = "".join(" " if _is_picture(char) else char for char in text)
    text = " ".join(shown(" ".join(kept.split())).split()).strip(_EDGES)
    return text + ")" if text.count("(") > text.count(")") else text


def _is_picture(char: str) -> bool:
    return (
        char == "\ufe0f" or char == "\u200d" or "\u2190" <= char <= "\u2bff" or char >= "\U0001f000"
    )


@lru_cache(maxsize=4096)
def host_of(href: str) -> str:
    """The host of a web address, without "www."."""
    return (urlsplit(href).hostname or "").removeprefix("www.").removeprefix("m.")


def name_by_host(href: str) -> str:
    """What a link is called after where it leads; "" where that is no known host."""
    for names in (_HOSTS, _PLAIN_HOSTS):
        if known := known_host(href, names):
            return names[known]
    return "Project" if known_host(href, _PAGES) else ""


def known_host(href: str, known: Collection[str]) -> str:
    """Which of some hosts an address lies on, or below; "" if none."""
    host = host_of(href)
    while host and host not in known:
        host = host.partition(".")[2]
    return host
