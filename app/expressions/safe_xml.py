"""XML from strangers: bounded in size, number and depth, without DTD, entities or network."""

from lxml import etree

from app.errors import Problem, Refused

MAX_BYTES = 5 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_DEPTH = 100


class _TooMuchError(Exception):
    def __init__(self, rule: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.problem = (rule, message, advice)


class _Guard:
    """Parser target that builds nothing and stops at the first sign of harm."""

    def __init__(self) -> None:
        self.depth = 0
        self.count = 0

    def doctype(self, name: str | None, public: str | None, system: str | None) -> None:
        raise _TooMuchError(
            "xml-doctype",
            "The file has a document type declaration.",
            "Remove <!DOCTYPE …>; neither a DTD nor entities are needed.",
        )

    def start(self, tag: str | bytes, attrib: object) -> None:
        self.depth += 1
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise _TooMuchError(
                "xml-elements",
                f"The file has more than {MAX_ELEMENTS} XML elements.",
                "Divide it into diagrams that call one another.",
            )
        if self.depth > MAX_DEPTH:
            raise _TooMuchError(
                "xml-depth",
                f"Elements are nested more than {MAX_DEPTH} levels deep.",
                "Use call activities instead of nesting.",
            )

    def end(self, tag: str | bytes) -> None:
        self.depth -= 1

    def close(self) -> None:
        return None


def _parser(target: _Guard | None = None) -> etree.XMLParser:
    return etree.XMLParser(
        target=target,  # type: ignore[arg-type]  # the stub knows only the abstract class
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def parse_xml(content: bytes, file: str = "") -> etree._Element:
    """Return the root element of `content`; lines are kept in `sourceline`.

    Raises:
        Refused: too big, too many or too deeply nested elements, a DTD, or not well-formed (with the line).
    """
    if len(content) > MAX_BYTES:
        raise Refused(
            [
                Problem(
                    "xml-size",
                    f"The file has {len(content)} bytes; {MAX_BYTES} are allowed.",
                    "Divide it into diagrams that call one another.",
                    file,
                )
            ]
        )
    try:
        # Entities in attribute values are expanded while parsing, whatever the options say; so a first pass without
        # a tree refuses the declaration itself.
        etree.fromstring(content, _parser(_Guard()))
        return etree.fromstring(content, _parser())
    except _TooMuchError as error:
        rule, message, advice = error.problem
        raise Refused([Problem(rule, message, advice, file)]) from None
    except (etree.XMLSyntaxError, ValueError) as error:
        line = int(getattr(error, "lineno", 0) or 0)
        raise Refused(
            [
                Problem(
                    "xml-syntax", f"This is not well-formed XML: {error}", "Export the diagram again.", file, "", line
                )
            ]
        ) from None


def local_name(node: etree._Element) -> str:
    """Return the tag without its namespace; empty for what is not an element."""
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def namespace(node: etree._Element) -> str:
    """Return the tag's namespace; empty for none."""
    return (etree.QName(node).namespace or "") if isinstance(node.tag, str) else ""


def line_of(node: etree._Element) -> int:
    """Return the line on which an element starts, counted from 1; 0 when unknown."""
    line = node.sourceline
    return line if isinstance(line, int) else 0


def text_of(node: etree._Element | None) -> str:
    """Return an element's text without surrounding blanks; empty for none."""
    return (node.text or "").strip() if node is not None else ""


def reference(text: str | None) -> str:
    """Return the local part of a reference (`tns:msg` is `msg`)."""
    return (text or "").strip().rsplit(":", 1)[-1]
