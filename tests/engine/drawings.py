"""Short ways to write diagrams for the engine's tests."""

from html import escape

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


def diagram(body: str, key: str = "walk", beside: str = "", inputs: str = "", outputs: str = "") -> bytes:
    """Return a BPMN file; `inputs` and `outputs` are names with commas between, either makes an io specification."""
    data = ""
    if inputs or outputs:
        parts = [f'<dataInput id="{name}"/>' for name in inputs.split(",") if name]
        parts += [f'<dataOutput id="{name}"/>' for name in outputs.split(",") if name]
        data = f"<ioSpecification>{''.join(parts)}</ioSpecification>"
    return (
        f'<definitions xmlns="{BPMN}" xmlns:sw="{SPIFF}" id="definitions" targetNamespace="t">{beside}'
        f'<process id="{key}" isExecutable="true">{data}{body}</process></definitions>'
    ).encode()


def flows(*chains: str) -> str:
    """Return sequence flows: `"a b c"` is a chain; `"a>b: x > 1"` a flow with a condition. Ids are `a_b`."""
    made = []
    for chain in chains:
        if ">" in chain.split(":")[0]:
            ends, _, condition = chain.partition(":")
            source, _, target = ends.partition(">")
            inner = (
                f"<conditionExpression>{escape(condition.strip())}</conditionExpression>" if condition.strip() else ""
            )
            pair = f"{source.strip()}_{target.strip()}"
            ends = f'sourceRef="{source.strip()}" targetRef="{target.strip()}"'
            made.append(f'<sequenceFlow id="{pair}" {ends}>{inner}</sequenceFlow>')
            continue
        names = chain.split()
        made += [
            f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
            for a, b in zip(names, names[1:], strict=False)
        ]
    return "".join(made)


def start(name: str = "s", event: str = "") -> str:
    return f'<startEvent id="{name}">{event}</startEvent>'


def end(name: str = "e", event: str = "") -> str:
    return f'<endEvent id="{name}">{event}</endEvent>'


def user(name: str, inner: str = "", attributes: str = "") -> str:
    return f'<userTask id="{name}" {attributes}>{inner}</userTask>'


def script(name: str, text: str, inner: str = "") -> str:
    return f'<scriptTask id="{name}">{inner}<script>{escape(text)}</script></scriptTask>'


def extensions(**values: str) -> str:
    parts = "".join(
        f'<sw:property name="{name}" value="{escape(value, quote=True)}"/>' for name, value in values.items()
    )
    return f"<extensionElements><sw:properties>{parts}</sw:properties></extensionElements>"


def service(element: str, operation: str, /, result: str = "", inner: str = "", **parameters: str) -> str:
    parts = "".join(
        f'<sw:parameter id="{key}" type="str" value="{escape(value, quote=True)}"/>'
        for key, value in parameters.items()
    )
    variable = f' resultVariable="{result}"' if result else ""
    return (
        f'<serviceTask id="{element}"><extensionElements><sw:serviceTaskOperator id="{operation}"{variable}>'
        f"<sw:parameters>{parts}</sw:parameters></sw:serviceTaskOperator></extensionElements>{inner}</serviceTask>"
    )


def gateway(kind: str, name: str, default: str = "") -> str:
    chosen = f' default="{default}"' if default else ""
    return f'<{kind}Gateway id="{name}"{chosen}/>'


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<timerEventDefinition><{kind}>{escape(text)}</{kind}></timerEventDefinition>"


def ref(kind: str, name: str = "") -> str:
    """Return an event definition that refers to what `named` declares."""
    target = f' {kind}Ref="{kind}_{name}"' if name else ""
    return f"<{kind}EventDefinition{target}/>"


def named(kind: str, *names: str) -> str:
    """Declare messages, signals, errors or escalations."""
    code = {"error": "errorCode", "escalation": "escalationCode"}.get(kind)
    return "".join(
        f'<{kind} id="{kind}_{name}" name="{name}"' + (f' {code}="{name}"' if code else "") + "/>" for name in names
    )


def catch(name: str, event: str, **properties: str) -> str:
    inner = extensions(**properties) if properties else ""
    return f'<intermediateCatchEvent id="{name}">{inner}{event}</intermediateCatchEvent>'


def throw(name: str, event: str = "", **properties: str) -> str:
    inner = extensions(**properties) if properties else ""
    return f'<intermediateThrowEvent id="{name}">{inner}{event}</intermediateThrowEvent>'


def boundary(name: str, at: str, event: str, *, interrupting: bool = True, **properties: str) -> str:
    inner = extensions(**properties) if properties else ""
    stops = "true" if interrupting else "false"
    return f'<boundaryEvent id="{name}" attachedToRef="{at}" cancelActivity="{stops}">{inner}{event}</boundaryEvent>'


def sub(name: str, body: str, inner: str = "") -> str:
    return f'<subProcess id="{name}">{inner}{body}</subProcess>'


def call(name: str, key: str, inner: str = "", **properties: str) -> str:
    more = extensions(**properties) if properties else ""
    return f'<callActivity id="{name}" calledElement="{key}">{more}{inner}</callActivity>'


def rounds(
    collection: str = "", cardinality: str = "", item: str = "", result: str = "", result_item: str = "",
    condition: str = "", *, sequential: bool = False,
) -> str:  # fmt: skip
    parts = [f"<loopCardinality>{escape(cardinality)}</loopCardinality>" if cardinality else ""]
    parts.append(f"<loopDataInputRef>{collection}</loopDataInputRef>" if collection else "")
    parts.append(f"<loopDataOutputRef>{result}</loopDataOutputRef>" if result else "")
    parts.append(f'<inputDataItem id="{item}"/>' if item else "")
    parts.append(f'<outputDataItem id="{result_item}"/>' if result_item else "")
    parts.append(f"<completionCondition>{escape(condition)}</completionCondition>" if condition else "")
    order = ' isSequential="true"' if sequential else ""
    return f"<multiInstanceLoopCharacteristics{order}>{''.join(parts)}</multiInstanceLoopCharacteristics>"
