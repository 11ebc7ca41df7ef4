"""What the host tells of its sources, kind by kind, in both languages: every treatment of bad input has its own."""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Telling:
    """A kind of notice: its text, and how many seconds it is gathered under one count before it is told again."""

    text: Text
    every_s: int = 0


TELLINGS: dict[str, Telling] = {
    "birth": Telling(Text("{source} 上线，{signals} 个测点", "{source} is born with {signals} signals")),
    "death": Telling(Text("{source} 离线，其测点保持末值并标为陈旧", "{source} is offline; its signals keep their last values, marked stale")),
    "old_death": Telling(Text("{source}：收到旧连接的遗嘱（bdSeq 不符），不予理会",
                              "{source}: a will of an earlier connection (its bdSeq differs) is ignored"), 60),
    "lost": Telling(Text("{source}：本端连接中断，其测点标为陈旧", "{source}: our own connection is lost; its signals are stale"), 60),
    "gap": Telling(Text("{source}：序号应为 {expected}，收到 {found}；已请求重新上线",
                        "{source}: count {found} came where {expected} was due; a rebirth is asked for"), 60),
    "reordered": Telling(Text("{source}：消息次序颠倒，已按序号理顺", "{source}: messages came out of order and were put in order by their count"), 60),
    "late_message": Telling(Text("{source}：缺失的消息迟到，仍予采用", "{source}: a missing message came late and was taken"), 60),
    "repeat": Telling(Text("{source}：消息重复，只取一次", "{source}: a message was repeated and taken once"), 60),
    "unborn": Telling(Text("{source}：未见上线证书就发来数据，无法解读，已请求重新上线",
                           "{source}: data without a birth cannot be read; a rebirth is asked for"), 60),
    "kept": Telling(Text("{source}：断线后先到的数据，经新的上线证书核对后采用",
                         "{source}: data that came before the birth after a break were checked against it and taken"), 60),
    "missing_device": Telling(Text("{source}：边缘节点重新上线后该设备没有再上线，标为陈旧",
                                   "{source}: the device was not born again with its edge node; it is stale")),
    "rebirth": Telling(Text("已请 {source} 重新上线", "{source} was asked to be born again")),
    "garbled": Telling(Text("{source}：负载损坏，无法解读", "{source}: a payload is garbled and cannot be read"), 60),
    "topic": Telling(Text("主题“{source}”不符合 Sparkplug B", "the topic {source} is none of Sparkplug B"), 600),
    "unnumbered": Telling(Text("{source}：消息没有序号，照收但查不出缺失",
                               "{source}: messages carry no count; they are taken, but a gap cannot be seen"), 600),
    "unknown": Telling(Text("{source}：数据中有上线证书未载明的别名或名称，已请求重新上线",
                            "{source}: an alias or a name that the birth does not state; a rebirth is asked for"), 60),
    "text": Telling(Text("{source}：文字类测点不作读数", "{source}: texts are no readings and are left aside"), 3600),
    "template": Telling(Text("{source}：模板不作解读", "{source}: templates are left aside"), 3600),
    "dataset": Telling(Text("{source}：数据集不作解读", "{source}: data sets are left aside"), 3600),
    "other": Telling(Text("{source}：数据类型不识，不作读数", "{source}: datatypes unknown here are left aside"), 3600),
    "kind": Telling(Text("{source}：值与其数据类型不符，按无值处理", "{source}: a value that its datatype does not allow is taken as none"), 600),
    "not_a_number": Telling(Text("{source}：读数为空、NaN 或无穷", "{source}: readings are null, NaN or infinite"), 600),
    "clock": Telling(Text("{source}：时钟偏差 {seconds} 秒，超出允许，改用接收时刻",
                          "{source}: its clock is off by {seconds} s; the time of receipt is taken"), 60),
    "historical": Telling(Text("{source}：补传断线期间的读数", "{source}: readings kept while the line was down are sent"), 60),
    "bad": Telling(Text("{source}：来源自称读数不可靠", "{source}: the source itself says that readings are bad"), 600),
    "stale": Telling(Text("{source}：来源自称读数陈旧", "{source}: the source itself says that readings are stale"), 600),
    "unit": Telling(Text("{source}：单位应为“{was}”，现为“{now}”，读数已标记，直至有人在设备页或用 qiantang factory confirm-unit 确认",
                         "{source}: its unit should be {was!r} and is told as {now!r}; readings are marked until somebody confirms it, on the "
                         "machine's page or with qiantang factory confirm-unit")),
    "datatype": Telling(Text("{source}：数据类型由 {was} 变为 {now}，读数已标记，待人确认",
                             "{source}: its datatype changed from {was} to {now}; readings are marked until confirmed")),
    "alias": Telling(Text("{source}：别名 {alias} 重复，以后者为准", "{source}: the alias {alias} is given twice; the later holds"), 60),
    "contested": Telling(Text("另有程序以本主机标识 {source} 宣告离线，已重新宣告在线",
                              "another program said that this host, {source}, is offline; it was said to be online again"), 60),
    "full": Telling(Text("{source}：超出边缘节点或测点的上限，不予登记", "{source}: beyond the most edge nodes or signals; not entered"), 600),
}
