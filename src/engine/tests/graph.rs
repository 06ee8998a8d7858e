//! Graphs: patterns, paths, components.

use super::rows;

/// A ring of four with a way out, as the language writes it.
const RING: &str = "let N = datatable(id:string, size:long)['a', 1, 'b', 2, 'c', 3, 'd', 4, 'lone', 9]; \
    let E = datatable(s:string, t:string, w:long)['a','b',10, 'b','c',20, 'c','d',30, 'd','a',40, 'd','e',50]; \
    E | make-graph s --> t with N on id | ";

fn on_ring(rest: &str) -> String {
    rows(&format!("{RING}{rest}"))
}

#[test]
fn a_pattern_is_found_in_every_place() {
    assert_eq!(
        on_ring(
            "graph-match (x)-[e]->(y) where x.size < 3 project x.id, e.w, y.id | sort by e_w asc"
        ),
        r#"[["a",10,"b"],["b",20,"c"]]"#
    );
    // Against the edge, and by either end.
    assert_eq!(
        on_ring("graph-match (y)<-[e]-(x) where y.id == 'a' project x.id"),
        r#"[["d"]]"#
    );
    assert_eq!(
        on_ring("graph-match (x)-[e]-(y) where x.id == 'a' project y.id | sort by y_id asc"),
        r#"[["b"],["d"]]"#
    );
    // A node that only an edge names has no properties but its own name.
    assert_eq!(
        on_ring("graph-match (x) where isnull(x.size) project x.id, y = x.size"),
        r#"[["e",null]]"#
    );
}

#[test]
fn paths_repeat_edges_only_where_cycles_may() {
    let around = |cycles: &str| {
        on_ring(&format!(
            "graph-match {cycles} (x)-[p*1..6]->(y) where x.id == 'a' project array_length(p.w) | summarize m = max(Column1), c = count()"
        ))
    };
    assert_eq!(around("cycles=none"), "[[4,4]]");
    assert_eq!(around(""), "[[4,5]]");
    assert_eq!(around("cycles=all"), "[[6,7]]");
}

#[test]
fn the_hops_of_a_path_can_be_asked_for() {
    assert_eq!(
        on_ring(
            "graph-match (x)-[p*2..3]->(y) where x.id == 'a' and all(p, w < 40) and any(inner_nodes(p), size == 3) project m = map(p, w * 2), n = map(inner_nodes(p), strcat(id, node_degree_out()))"
        ),
        r#"[[[20,40,60],["b1","c1"]]]"#
    );
    assert_eq!(
        on_ring("graph-match (x) where x.id == 'd' project node_degree_in(x), node_degree_out(x)"),
        "[[1,2]]"
    );
}

#[test]
fn shortest_paths_are_told_once_or_all() {
    let two = "datatable(s:string, t:string)['a','b', 'a','c', 'b','z', 'c','z', 'z','y', 'a','q', 'q','r', 'r','z'] | make-graph s --> t with_node_id=id | ";
    let count = |output: &str| {
        rows(&format!(
            "{two} graph-shortest-paths {output} (x)-[p*1..9]->(y) where x.id == 'a' and y.id == 'z' project l = array_length(map(p, t)) | summarize count(), max(l)"
        ))
    };
    assert_eq!(count(""), "[[1,2]]");
    assert_eq!(count("output=all"), "[[2,2]]");
}

#[test]
fn components_are_numbered_from_the_first_node() {
    let edges = "datatable(s:string, t:string)['a','b', 'b','a', 'b','c', 'x','y'] | make-graph s --> t with_node_id=id | ";
    assert_eq!(
        rows(&format!(
            "{edges} graph-mark-components | graph-to-table nodes"
        )),
        r#"[["a",0],["b",0],["c",0],["x",1],["y",1]]"#
    );
    assert_eq!(
        rows(&format!(
            "{edges} graph-mark-components kind=strong with_component_id=g | graph-to-table nodes | summarize count() by g | sort by g asc"
        )),
        "[[0,2],[1,1],[2,1],[3,1]]"
    );
}

#[test]
fn a_graph_becomes_tables_with_hashes_for_nodes() {
    assert_eq!(
        on_ring("graph-to-table edges with_source_id=f | where f == hash('d') | count"),
        "[[2]]"
    );
    assert_eq!(
        on_ring(
            "graph-where-edges w < 30 | graph-where-nodes id != 'lone' | graph-to-table nodes | count"
        ),
        "[[5]]"
    );
    let error = super::run(&format!("{RING} where id == 'a'"), &super::env()).expect_err("a graph");
    assert_eq!(error.kind(), "invalid");
}
