"""What a node counts of its readings, pieces and disks, in words; nothing here needs arrays."""

from __future__ import annotations

from qiantang.kernel.words import Text, same

COUNTED: dict[str, Text] = {
    "alarms": Text("触发的报警", "alarms raised"),
    "amended": Text("因迟到读数更正的报警", "alarms amended by late readings"),
    "clock": Text("时钟超差的读数", "readings of a clock that was off"),
    "computed_anew": Text("重算的读数", "readings computed anew"),
    "damaged_places": Text("日志损坏处", "damaged places of the log"),
    "damaged_readings": Text("日志中损坏的读数", "readings damaged in the log"),
    "differing": Text("同一时刻数值不同的读数", "readings of one instant that differ"),
    "into_the_past": Text("补入历史的迟到读数", "late readings put into the history"),
    "judged": Text("已判断的读数", "readings judged"),
    "late": Text("迟到的读数", "late readings"),
    "learnt_again": Text("重新学习的信号", "signals learnt again"),
    "armed_again": Text("修复后仍报异常、将重新报出的信号和整机", "signals and machines still called wrong after a repair, raised anew"),
    "log_bytes_removed": Text("日志中已清理的字节", "bytes of the log removed"),
    "log_failed": Text("日志未能写入", "the log could not be written"),
    "logged": Text("写入日志的读数", "readings in the log"),
    "machines_learnt_again": Text("重新学习的整机模型", "models of machines learnt again"),
    "model_changed": Text("工厂模型的更换", "changes of the plant's model"),
    "not_anew": Text("早于重算窗口的读数", "readings before what can be computed anew"),
    "older": Text("过迟、只入历史的读数", "readings too late to be judged, in the history"),
    "orders_refused": Text("未受理的办理", "orders refused"),
    "pieces": Text("入档的产品事件", "piece events on record"),
    "pieces_of_strangers": Text("未知设备的产品事件", "piece events of assets that are not known"),
    "pieces_otherwise": Text("与记录不符的产品事件", "piece events that say otherwise than the record"),
    "pieces_repeated": Text("重复的产品事件", "piece events told again"),
    "received": Text("收到的读数", "readings received"),
    "refused_findings": Text("未能记录的结论", "findings that could not be recorded"),
    "released": Text("排好序的读数", "readings put in order"),
    "repeated": Text("重复的读数", "readings told again"),
    "shed_history": Text("历史暂缓写入的读数", "readings for the history put off"),
    "torn_bytes": Text("停机时写断的字节", "bytes torn off when it stopped"),
    "waited": Text("等待的批次", "batches that had to wait"),
}
"""By the name of the counter."""

_TOLD: dict[str, Text] = {
    "alias": Text("未声明的别名", "an alias that no birth stated"),
    "bad": Text("质量不良", "bad quality"),
    "birth": Text("上线", "born"),
    "clock": Text("时钟超差", "a clock that is off"),
    "connected": Text("已连接", "connected"),
    "contested": Text("主控有争议", "another host at work"),
    "damage": Text("日志损坏", "damage to the log"),
    "dataset": Text("数据集，不采", "a data set, which is not taken"),
    "datatype": Text("类型改变", "a datatype that changed"),
    "death": Text("下线", "offline"),
    "disconnected": Text("连接中断", "a connection lost"),
    "full": Text("已满", "full"),
    "gap": Text("序号跳跃", "a sequence that jumps"),
    "garbled": Text("报文损坏", "a garbled message"),
    "historical": Text("历史数据", "historical"),
    "history": Text("历史问题", "of the history"),
    "imported": Text("已读入的文件", "a file read"),
    "kept": Text("待上线的数据", "data kept for a birth"),
    "kind": Text("值与类型不符", "a value of another datatype"),
    "late_message": Text("报文迟到", "a late message"),
    "learnt_again": Text("重新学习", "learnt again"),
    "log": Text("日志未能写入", "the log could not be written"),
    "log_again": Text("日志恢复写入", "the log is written again"),
    "lost": Text("连接中断", "a connection lost"),
    "missing_device": Text("设备未重新上线", "a device that was not born again"),
    "model": Text("工厂模型更换", "a new version of the plant's model"),
    "no_signal": Text("没有信号", "no signal named"),
    "no_time": Text("没有时间", "no time"),
    "not_a_number": Text("不是数", "not a number"),
    "not_anew": Text("过早、不再重算", "too early to be computed anew"),
    "old_death": Text("过期的下线", "a death of before"),
    "older": Text("过迟、只入历史", "too late, in the history"),
    "order": Text("无法办理的操作", "an order that cannot be done"),
    "other": Text("不采的类型", "a datatype that is not taken"),
    "paused": Text("暂停接收", "reading paused"),
    "piece_faulty": Text("产品事件有误", "a piece event with a fault"),
    "piece_otherwise": Text("产品事件与已记录的不同", "a piece event that says otherwise"),
    "piece_stranger": Text("产品事件的设备未知", "a piece event of an unknown asset"),
    "pieces_imported": Text("已读入产品事件的文件", "a file of piece events read"),
    "quality": Text("质量不良", "bad quality"),
    "rebirth": Text("请求重新上线", "a rebirth asked for"),
    "reconnected": Text("已重新连接", "connected again"),
    "refused": Text("被拒收", "refused"),
    "reordered": Text("乱序", "out of order"),
    "repeat": Text("重复", "told again"),
    "settings": Text("快照不合当前设定", "a snapshot of other settings"),
    "shape": Text("内容不合格式", "a content of another shape"),
    "snapshot": Text("快照不可用", "a snapshot that cannot be used"),
    "stale": Text("过时的值", "a stale value"),
    "template": Text("模板，不采", "a template, which is not taken"),
    "text": Text("文本，不是读数", "text, which is no reading"),
    "time": Text("时间无法识别", "a time that cannot be read"),
    "too_large": Text("报文过大", "a message too large"),
    "topic": Text("无关的主题", "a topic that means nothing"),
    "unborn": Text("未上线即发数据", "data before a birth"),
    "unit": Text("单位改变", "a unit that changed"),
    "unit_confirmed": Text("单位已确认", "a unit confirmed"),
    "unknown": Text("未声明的量", "a metric that no birth stated"),
    "unmapped": Text("没有对应的信号", "no signal for it"),
    "unnumbered": Text("没有序号的报文", "a message without its count"),
    "unsent": Text("未发出的报文", "messages not sent"),
    "upward_answered": Text("地区恢复回执", "the district gives receipts again"),
    "upward_aside": Text("地区未收录的上报", "published and put aside by the district"),
    "upward_unanswered": Text("地区没有回执", "the district gives no receipt"),
    "wire": Text("接入因错误重新开始", "a wire that began anew over an error"),
}
_NOTICE = "notice_"
_UPWARD: dict[str, Text] = {
    "again": Text("再次发送的消息", "messages sent again"),
    "aside": Text("地区未收录的", "put aside by the district"),
    "figures": Text("已有回执的日数字", "figures of a day with a receipt"),
    "findings": Text("已有回执的结论", "findings with a receipt"),
    "held_back": Text("清单之外、未上报的结论", "findings held back, not on the list"),
}
"""What is counted of publishing."""
UPWARD = "upward_"
"""What counters of publishing begin with."""


def counted(name: str) -> Text:
    """What a counter counts; one that is not known is called by its name."""
    if name.startswith(_NOTICE):
        kind = name.removeprefix(_NOTICE)
        return Text("提示：", "notices: ") + _TOLD.get(kind, same(kind))
    if name.startswith(UPWARD):
        kind = name.removeprefix(UPWARD)
        return Text("上报：", "upward: ") + (_UPWARD.get(kind) or _TOLD.get(kind, same(kind)))
    return COUNTED.get(name, same(name))
