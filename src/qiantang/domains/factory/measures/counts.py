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
    "armed_again": Text("修复后仍报异常、已清除记忆的信号", "signals still called wrong after a repair, whose charts begin without memory"),
    "log_bytes_removed": Text("日志中已清理的字节", "bytes of the log removed"),
    "log_failed": Text("日志未能写入", "the log could not be written"),
    "logged": Text("写入日志的读数", "readings in the log"),
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
    "birth": Text("上线", "born"),
    "clock": Text("时钟超差", "a clock that is off"),
    "contested": Text("主控有争议", "another host at work"),
    "damage": Text("日志损坏", "damage to the log"),
    "datatype": Text("类型改变", "a datatype that changed"),
    "death": Text("下线", "offline"),
    "full": Text("已满", "full"),
    "gap": Text("序号跳跃", "a sequence that jumps"),
    "garbled": Text("报文损坏", "a garbled message"),
    "history": Text("历史问题", "of the history"),
    "late_message": Text("报文迟到", "a late message"),
    "learnt_again": Text("重新学习", "learnt again"),
    "lost": Text("连接中断", "a connection lost"),
    "not_a_number": Text("不是数", "not a number"),
    "not_anew": Text("过早、不再重算", "too early to be computed anew"),
    "older": Text("过迟、只入历史", "too late, in the history"),
    "piece_faulty": Text("产品事件有误", "a piece event with a fault"),
    "pieces_imported": Text("已读入产品事件的文件", "a file of piece events read"),
    "quality": Text("质量不良", "bad quality"),
    "rebirth": Text("请求重新上线", "a rebirth asked for"),
    "refused": Text("被拒收", "refused"),
    "reordered": Text("乱序", "out of order"),
    "repeat": Text("重复", "told again"),
    "time": Text("时间无法识别", "a time that cannot be read"),
    "unborn": Text("未上线即发数据", "data before a birth"),
    "unit": Text("单位改变", "a unit that changed"),
    "unmapped": Text("没有对应的信号", "no signal for it"),
}
_NOTICE = "notice_"


def counted(name: str) -> Text:
    """What a counter counts; one that is not known is called by its name."""
    if name.startswith(_NOTICE):
        kind = name.removeprefix(_NOTICE)
        return Text("提示：", "notices: ") + _TOLD.get(kind, same(kind))
    return COUNTED.get(name, same(name))
